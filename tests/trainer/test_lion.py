import torch

from trainer.lion import Lion


def test_every_weight_moves_by_the_learning_rate_in_the_direction_of_a_sign():
    weight = torch.nn.Parameter(torch.zeros(3))
    optimizer = Lion([weight], lr=0.1, betas=(0.5, 0.9))
    weight.grad = torch.tensor([2.0, -5.0, 0.0])
    optimizer.step()
    torch.testing.assert_close(weight.detach(), torch.tensor([-0.1, 0.1, 0.0]))
    torch.testing.assert_close(optimizer.state[weight]["exp_avg"], torch.tensor([0.2, -0.5, 0.0]))
    # The momentum 0.2 outvotes a small gradient of the other sign: 0.5 * 0.2 - 0.5 * 0.1 > 0.
    weight.grad = torch.tensor([-0.1, -5.0, 0.0])
    optimizer.step()
    torch.testing.assert_close(weight.detach(), torch.tensor([-0.2, 0.2, 0.0]))


def test_a_weight_without_a_gradient_stays():
    weight = torch.nn.Parameter(torch.ones(2))
    Lion([weight], lr=0.1).step()
    assert weight.tolist() == [1.0, 1.0]
