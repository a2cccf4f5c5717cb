"""The funnel of a build as text: what became of the records."""

from schemas.build import BuildManifest
from schemas.ledger import DuplicateRule, Outcome


def funnel(build: BuildManifest) -> str:
    """A few lines for the terminal: records in, outcomes, rules below their outcome, the sum.

    The lines of the outcomes add up to the first line.
    """
    duplicates = {rule.value for rule in DuplicateRule}
    lines = [f"{build.records:>12,}  records in {len(build.inputs):,} files"]
    for outcome in Outcome:
        lines.append(f"{build.outcomes[outcome.value]:>12,}  {outcome.value}")
        if outcome in (Outcome.DROPPED, Outcome.DUPLICATE):
            rules = [
                (count, rule)
                for rule, count in build.rules.items()
                if (rule in duplicates) == (outcome is Outcome.DUPLICATE)
            ]
            for count, rule in sorted(rules, key=lambda pair: (-pair[0], pair[1])):
                lines.append(f"{'':>14}{count:>12,}  {rule}")
    terms = " + ".join(f"{build.outcomes[outcome.value]:,}" for outcome in Outcome)
    verdict = "adds up" if sum(build.outcomes.values()) == build.records else "DOES NOT ADD UP"
    lines.append(f"{'':>6}{build.records:,} = {terms}: {verdict}")
    if build.passages is not None:
        lines.append(
            f"{build.passages.documents:>12,}  kept without {build.passages.passages:,} passages "
            f"({build.passages.num_bytes:,} bytes) that others hold, too"
        )
    if build.contamination is not None:
        lines += [
            f"{one.documents:>12,}  records hold something of {one.items:,} items of {one.name}"
            + (f"; {one.too_short:,} of its items are too short" if one.too_short else "")
            for one in build.contamination.sets
        ]
    if build.unrecognised:
        lines.append(f"{len(build.unrecognised):>12,}  files not recognised, not read:")
        lines += [f"{'':>14}{name}" for name in build.unrecognised[:20]]
        if len(build.unrecognised) > 20:
            lines.append(f"{'':>14}... and {len(build.unrecognised) - 20:,} more; see the manifest")
    return "\n".join(lines)
