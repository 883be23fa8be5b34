"""Measurements in turns, so that what else the machine does meets all alike; and their medians."""

import statistics


def in_turns(loads, rounds):
    """Calls each of `loads` once in each round, a different one first each time; the lists of what they gave."""
    samples = {label: [] for label in loads}
    order = list(loads)
    for number in range(rounds):
        first = number % len(order)
        for label in order[first:] + order[:first]:
            samples[label].append(loads[label]())
    return samples


def median(samples, key="cpu"):
    return statistics.median(sample[key] for sample in samples)


def ratios(samples, base, key="cpu"):
    """What the samples are to those of the same rounds in `base`."""
    return [sample[key] / its[key] for sample, its in zip(samples, base, strict=True)]


def differences(samples, base, key="cpu"):
    return [sample[key] - its[key] for sample, its in zip(samples, base, strict=True)]


def spread(values, form="{:.2f}"):
    """The median, and the lowest and the highest of more than one, as text."""
    text = form.format(statistics.median(values))
    return text if len(values) == 1 else f"{text} ({form.format(min(values))} to {form.format(max(values))})"
