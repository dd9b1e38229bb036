"""Turns facts into one table: medians with spreads, ratios taken round by round, and the goals beside them."""

import json
import statistics

# Of the evaluations that are due while rules are measured, so many are made, or the rules did not keep up. What rules cost is
# divided by what was made.
DUE = 0.95
SYSTEMS = ["Prometheus", "VictoriaMetrics", "Forewarn"]


class Row:
    """One line: which fact of which measurement, and what Forewarn should reach. Smaller is better but for speeds."""

    def __init__(self, goal, what, suite, key, unit, bound=None, per_prometheus=None, per_victoria=None, speed=False,
                 others=None):
        self.goal = goal
        self.what = what
        self.suite = suite
        self.key = key
        self.unit = unit
        self.bound = bound                    # in the unit
        self.per_prometheus = per_prometheus  # how many times better than Prometheus
        self.per_victoria = per_victoria
        self.speed = speed
        self.others = others or {}            # system: the suite that it is read from instead

    def suite_of(self, system):
        return self.others.get(system, self.suite)


def rows(series):
    """The goals, for the numbers of series that were measured."""
    table = []
    for count in series:
        suite = f"ingest {count}"
        million = count >= 1_000_000
        name = f"{count:,} series".replace(",", " ")
        table.append(Row(1, f"server CPU per sample, {name}", suite, "cpu_us", "µs", 0.40, 12, 4))
        if not million:
            ten = {"Prometheus": suite + " by 10", "VictoriaMetrics": suite + " by 10"}
            table.append(Row(None, "the same, Forewarn given remote write too", suite, "cpu_us", "µs",
                             others={"Forewarn": suite + " by remote write"}))
            table.append(Row(None, "the same, peers given 10 samples per series per request", suite, "cpu_us", "µs",
                             others=ten))
        table.append(Row(2, f"samples per second, {name}", suite, "samples_per_second", "/s", 3e6, speed=True))
        table.append(Row(3, f"bytes on the wire per sample, {name}", suite, "wire_b", "B", 3))
        table.append(Row(10, f"resident memory per series, {name}", suite, "rss_b", "B", 600 if million else 1500,
                         5 if million else 3))
        if million:
            table.append(Row(11, f"CPU to create {name}, first sample included", f"birth {count}", "server_cpu_s", "s", 3 * count / 1e6))
    for data, bound in (("synthetic", 1.45), ("recorded 15 s", 0.90), ("recorded 1 s", 0.55)):
        table.append(Row(4, f"bytes at rest per sample with index, {data}", f"storage {data}", "rest_b", "B", bound,
                         1 / 0.45, 1 / 1.05))
        table.append(Row(5, f"bytes written in a sample's life, {data}", f"storage {data}", "written_b", "B", 7))
    for suite, load, most in (("latency", "", 25), ("latency busy", ", beside 50 000 samples/s", 100)):
        table.append(Row(6, f"bad sample to webhook{load}, p50", suite, "webhook_p50_ms", "ms", None if load else 5))
        table.append(Row(6, f"bad sample to webhook{load}, p99", suite, "webhook_p99_ms", "ms", most, 40))
        if not load:
            for quantile in ("p50", "p99"):
                table.append(Row(None, f"the same, Prometheus at its default interval of a minute, {quantile}", suite,
                                 f"webhook_{quantile}_ms", "ms", others={"Prometheus": "latency by the minute"}))
        table.append(Row(None, f"bad sample to alert on disk{load}, p50", suite, "durable_p50_ms", "ms"))
        table.append(Row(None, f"bad sample to alert on disk{load}, p99", suite, "durable_p99_ms", "ms"))
    table.append(Row(7, "push to durable, paced, p50", "paced", "latency_p50_ms", "ms"))
    table.append(Row(7, "push to durable, paced, p99", "paced", "latency_p99_ms", "ms", 15))
    for kind, what, better in (("threshold", "threshold", 70), ("rate", "rate of 20 samples", 70),
                               ("zscore", "z-score of 40 samples", 500)):
        table.append(Row(8, f"CPU of a rule for each series, {what}", "rules", f"rule_{kind}_ns", "ns", 100, better))
        table.append(Row(None, f"evaluations of those due that were made, {what}", "rules", f"evaluated_{kind}", "", DUE,
                         speed=True))
    for count, hosts in (("100", "all hosts"), ("1000", "all hosts"), ("10000", "10 hosts each")):
        suite, name = "rules by number", f"{int(count):,} mixed rules over {hosts}".replace(",", " ")
        table.append(Row(8, f"CPU of a rule for each series, {name}", suite, f"rules_{count}_ns", "ns", 100, 70))
        table.append(Row(9 if count == "10000" else None, f"CPU of all rules a round, {name}", suite,
                         f"rules_{count}_cpu_s", "s", per_prometheus=100 if count == "10000" else None))
        table.append(Row(None, f"memory of the rules for each series, {name}", suite, f"rules_{count}_b", "B"))
        table.append(Row(None, f"evaluations of those due that were made, {name}", suite, f"evaluated_{count}", "", DUE,
                         speed=True))
    table.append(Row(None, "rounds of groups left out in a minute, 1 000 mixed rules", "rules by number", "missed_1000", ""))
    table.append(Row(12, "one series over 24 h, p50", "queries", "range_p50_ms", "ms", 0.5, 2.5, 2.5))
    table.append(Row(12, "one series over 24 h, p99", "queries", "range_p99_ms", "ms", 2))
    table.append(Row(None, "one series over 24 h, CPU", "queries", "range_cpu_ms", "ms"))
    table.append(Row(None, "rate over 5 m of 24 h, CPU", "queries", "rate_cpu_ms", "ms"))
    table.append(Row(12, "newest of 10 000 series, CPU", "queries", "instant_cpu_ms", "ms", 15, 6, 6))
    table.append(Row(None, "newest of 10 000 series, p50", "queries", "instant_p50_ms", "ms"))
    table.append(Row(None, "sum over 10 000 series, CPU", "queries", "sum_cpu_ms", "ms"))
    return table


class Figure:
    """A median with its spread."""

    def __init__(self, values):
        self.values = values

    @property
    def median(self):
        return statistics.median(self.values)

    def as_json(self):
        return {"median": self.median, "min": min(self.values), "max": max(self.values), "runs": len(self.values)}

    def text(self, suffix=""):
        first = number(self.median) + suffix
        if len(self.values) < 2 or min(self.values) == max(self.values):
            return first
        return f"{first} [{number(min(self.values))}..{number(max(self.values))}]"


def number(value):
    """Three digits, as a person would write them."""
    for unit, size in (("M", 1e6), ("k", 1e4)):
        if abs(value) >= size:
            value /= 1e3 if unit == "k" else size
            break
    else:
        unit = ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}{unit}"


def values_of(facts, row, system):
    """The row's figure of each round in which the system was measured: {round: value}."""
    suite = row.suite_of(system)
    return {fact["round"]: fact[row.key] for fact in facts
            if fact["suite"] == suite and fact["system"] == system and row.key in fact}


def ratio(row, ours, theirs):
    """How many times better ours is, for each round that both were measured in. There is none where
    a difference came out as nothing or less."""
    shared = sorted(ours.keys() & theirs.keys())
    return [(ours[r] / theirs[r] if row.speed else theirs[r] / ours[r]) for r in shared if ours[r] > 0 and theirs[r] > 0]


def verdict(row, ours, ratios):
    """'reached', 'missed', or empty when the row has no goal or nothing to compare."""
    wanted = []
    if row.bound is not None and ours:
        wanted.append(ours.median >= row.bound if row.speed else ours.median <= row.bound)
    for system, factor in (("Prometheus", row.per_prometheus), ("VictoriaMetrics", row.per_victoria)):
        if factor is not None and system in ratios:
            wanted.append(ratios[system].median >= factor)
    if not wanted or ours is None:
        return ""
    return "reached" if all(wanted) else "missed"


def goal_text(row):
    parts = []
    if row.bound is not None:
        parts.append(f"{'≥' if row.speed else '≤'} {number(row.bound)} {row.unit}")
    if row.per_prometheus is not None:
        parts.append(f"≥ {number(row.per_prometheus)}× P")
    if row.per_victoria is not None:
        parts.append(f"≥ {number(row.per_victoria)}× V")
    return ", ".join(parts)


def tabulate(facts, series):
    """The rows that anything was measured for, as plain values."""
    out = []
    for row in rows(series):
        values = {system: values_of(facts, row, system) for system in SYSTEMS}
        figures = {system: Figure(list(found.values())) for system, found in values.items() if found}
        if not figures or (row.others and not any(values[system] for system in row.others)):
            continue
        ratios = {}
        for system in SYSTEMS[:2]:
            shared = ratio(row, values["Forewarn"], values[system])
            if shared:
                ratios[system] = Figure(shared)
        suites = {row.suite_of(system) for system in SYSTEMS}
        of_row = [fact for fact in facts if fact["suite"] in suites and "load_average" in fact]
        out.append({"row": row, "figures": figures, "ratios": ratios,
                    "verdict": verdict(row, figures.get("Forewarn"), ratios),
                    "load": Figure([fact["load_average"] for fact in of_row]),
                    "others": Figure([fact["others_cores"] for fact in of_row])})
    return out


def markdown(facts, series, about):
    lines = [f"{key}: {value}  " for key, value in about.items()] + [
        "", "Medians [min..max] of the rounds. P and V: how many times better Forewarn is than Prometheus and "
        "VictoriaMetrics, taken in the same round. Others: cores that neither the server nor its load used.", "",
        "| goal | what | " + " | ".join(SYSTEMS) + " | P | V | wanted | | load average | others |",
        "|---|---|" + "---|" * len(SYSTEMS) + "---|---|---|---|---|---|"]
    for item in tabulate(facts, series):
        row = item["row"]
        cells = [str(row.goal or ""), row.what]
        cells += [item["figures"][s].text(" " + row.unit) if s in item["figures"] else "" for s in SYSTEMS]
        cells += [item["ratios"][s].text("×") if s in item["ratios"] else "" for s in SYSTEMS[:2]]
        cells += [goal_text(row), item["verdict"], item["load"].text(), item["others"].text()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def as_json(facts, series, about):
    table = []
    for item in tabulate(facts, series):
        row = item["row"]
        table.append({"goal": row.goal, "what": row.what, "unit": row.unit, "wanted": goal_text(row),
                      "verdict": item["verdict"],
                      "figures": {name: figure.as_json() for name, figure in item["figures"].items()},
                      "ratios": {name: figure.as_json() for name, figure in item["ratios"].items()}})
    return json.dumps({"about": about, "table": table, "facts": facts}, indent=1, ensure_ascii=False) + "\n"
