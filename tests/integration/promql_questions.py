"""Telemetry and questions made from a seed: every part of the language, over series that have what it decides on."""

import math
import re

from remote_writer import STALE, bits_of

STEP_MS = 15_000
ROUNDS = 241  # an hour


class Telemetry:
    """Series of an hour, every 15 s with a jitter of their own; `series` are pairs of labels and samples."""

    def __init__(self, random, begin_ms):
        self.random, self.begin = random, begin_ms
        self.end = begin_ms + (ROUNDS - 1) * STEP_MS
        self.series = []
        hosts = ["a", "b", "c"]
        for host in hosts:
            job = "web" if host != "c" else "db"
            for code in ("200", "404", "500"):
                self.add("requests_total", self.counter(), host=host, job=job, code=code)
            for cpu in ("0", "1"):
                self.add("cpu_seconds_total", self.counter(), host=host, job=job, cpu=cpu)
            for le in ("0.1", "0.5", "1", "2.5", "+Inf"):
                self.add("latency_seconds_bucket", self.bucket(le, host), host=host, job=job, le=le)
            self.add("temperature", self.gauge(), host=host, job=job)
            self.add("free_bytes", self.falling(), host=host, job=job, disk="sda")
            self.add("free_bytes", self.gauge(1e9), host=host, job=job, disk="sdb")
            self.add("started", self.constant(1.7e9 + len(self.series)), host=host, job=job)
        self.add("up", self.flapping(), host="a", job="web")
        self.add("up", self.flapping(), host="b", job="web")
        self.add("up", self.ending(), host="c", job="db")
        self.add("version_info", self.constant(1), host="a", version="1.2.3", job="web")
        self.add("version_info", self.constant(1), host="b", version="1.3.0", job="web")
        self.add("sparse", self.sparse(), host="a")
        self.add("odd_values", self.odd(), host="a")
        self.add("odd_values", self.odd(), host="b")
        self.add("lonely", self.gauge(), title="it's \"quoted\" \\ and ünïcode")
        self.add("beginning_late", self.late(), host="b", job="web")

    def add(self, name, values, **labels):
        jitter = self.random.choice([0, 0, 1, 250, 7_499, 14_999])
        samples = [(self.begin + i * STEP_MS + jitter, bits if isinstance(bits, int) else bits_of(bits))
                   for i, bits in enumerate(values) if bits is not None]
        self.series.append(({"__name__": name, **labels}, samples))

    def counter(self):
        value, out = self.random.randrange(1000), []
        for _ in range(ROUNDS):
            value = 0 if self.random.random() < 0.02 else value + self.random.choice([0, 1, 2.5, 17, 400])
            out.append(float(value))
        return out

    def bucket(self, le, host):
        rate = {"0.1": 3, "0.5": 5, "1": 8, "2.5": 8, "+Inf": 9}[le] + (host == "b")
        return [float(rate * i) for i in range(ROUNDS)]

    def gauge(self, scale=10.0):
        return [scale * (1 + math.sin(i / 9.0)) + self.random.gauss(0, scale / 10) for i in range(ROUNDS)]

    def falling(self):
        return [5e9 - 1.7e7 * i + self.random.gauss(0, 1e6) for i in range(ROUNDS)]

    def constant(self, value):
        return [float(value)] * ROUNDS

    def flapping(self):
        return [float(self.random.random() > 0.1) for _ in range(ROUNDS)]

    def ending(self):
        return [1.0] * 100 + [STALE] + [None] * 30 + [1.0] * 60 + [None] * (ROUNDS - 191)

    def sparse(self):
        return [float(i) if i % 23 == 0 else None for i in range(ROUNDS)]

    def odd(self):
        odd = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e-300, 1e300, 2.3e-308, -3.5, 0.1, 1e21, 123456789.125]
        return [self.random.choice(odd) for _ in range(ROUNDS)]

    def late(self):
        return [None] * 120 + [float(i) for i in range(ROUNDS - 120)]


COUNTERS = ["requests_total", "cpu_seconds_total", "latency_seconds_bucket"]
GAUGES = ["temperature", "free_bytes", "up", "started", "version_info", "sparse", "odd_values", "lonely",
          "beginning_late", "nothing_at_all"]
LABELS = ["host", "job", "code", "cpu", "disk", "le", "version", "absent_label"]
RANGE_FUNCTIONS = ["rate", "increase", "delta", "irate", "idelta", "deriv", "changes", "resets", "avg_over_time",
                   "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "stddev_over_time",
                   "stdvar_over_time", "last_over_time", "present_over_time", "absent_over_time"]
VECTOR_FUNCTIONS = ["abs", "absent", "ceil", "floor", "ln", "log2", "log10", "sgn", "sqrt", "timestamp", "sort",
                    "sort_desc", "asin", "acos", "atan", "tanh", "asinh", "acosh", "atanh", "deg", "rad", "round"]
# Of large values that are nearly the same, these are not: they are asked of samples, and of small ones.
STEEP_FUNCTIONS = ["exp", "sin", "cos", "tan", "sinh", "cosh"]
# Of NaN and infinities Prometheus makes the date that its processor's conversion happens to give; here it is NaN.
DATE_FUNCTIONS = ["minute", "hour", "month", "year", "day_of_month", "day_of_week", "day_of_year", "days_in_month"]
AGGREGATES = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]
ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2"]
COMPARISONS = ["==", "!=", ">", "<", ">=", "<="]
SETS = ["and", "or", "unless"]
DURATIONS = ["15s", "1m", "5m", "90s", "14999ms", "1h", "1ms", "10m"]


class Questions:
    """Expressions, of which most can be answered; times and steps to ask them at."""

    def __init__(self, random, telemetry):
        self.random, self.telemetry = random, telemetry

    def one_of(self, *choices):
        return self.random.choice(choices)

    def labels(self):
        return ", ".join(self.random.sample(LABELS, self.random.randrange(0, 3)))

    def matcher(self):
        name = self.one_of("host", "host", "job", "job", *LABELS)
        value = {"host": self.one_of("a", "b", ""), "job": self.one_of("web", "web", "db"), "code": "200",
                 "cpu": "0", "disk": "sda", "le": "1", "version": "1.3.0"}.get(name, "")
        kind = self.one_of("=", "!=", "=~", "!~")
        if "~" in kind:
            value = self.one_of("a|b|web", ".*", ".+", "w.*|b", "[0-9]+", "", "(2|4)..", "(?i)WEB|A")
        return f'{name}{kind}"{value}"'

    def selector(self, counter=None):
        names = COUNTERS if counter or (counter is None and self.random.random() < 0.3) else GAUGES
        matchers = ",".join(self.matcher() for _ in range(self.one_of(0, 0, 0, 1, 1, 2)))
        name = self.random.choice(names)
        if self.random.random() < 0.03:
            matchers = f'__name__=~"{self.one_of("up|started", "temp.*", "free_.*|up")}"' + ("," + matchers if matchers else "")
            name = ""
        return name + (f"{{{matchers}}}" if matchers or not name else "")

    def shift(self):
        out = ""
        if self.random.random() < 0.08:
            out += f" offset {self.one_of('', '', '-')}{self.random.choice(DURATIONS)}"
        if self.random.random() < 0.06:
            at = self.random.randrange(self.telemetry.begin, self.telemetry.end) / 1000
            out += f" @ {self.one_of('start()', 'end()', f'{at:.3f}')}"
        return out

    def matrix(self, depth, counter=None):
        if depth > 0 and self.random.random() < 0.2:
            step = self.one_of("", "", "15s", "1m", "7s")
            return f"({self.vector(depth - 1)})[{self.one_of('1m', '5m', '11m')}:{step}]{self.shift()}"
        return f"{self.selector(counter)}[{self.one_of('1m', '5m', '10m', *DURATIONS)}]{self.shift()}"

    def scalar(self, depth):
        kind = self.random.randrange(6)
        if kind == 0 and depth > 0:
            return f"scalar({self.vector(depth - 1)})"
        if kind == 1:
            return "time()"
        if kind == 2 and depth > 0:
            return f"({self.scalar(depth - 1)} {self.random.choice(ARITHMETIC)} {self.scalar(depth - 1)})"
        return self.one_of("0", "1", "-1", "2.5", "1e3", "0.5", "NaN", "Inf", "-Inf", "0x1f", "pi()", "100")

    def grouping(self):
        return "" if self.random.random() < 0.3 else f" {self.one_of('by', 'without')} ({self.labels()})"

    def aggregate(self, depth):
        inner = self.vector(depth - 1)
        kind = self.random.random()
        if kind < 0.65:
            return f"{self.random.choice(AGGREGATES)}{self.grouping()} ({inner})"
        if kind < 0.75:
            return f"quantile{self.grouping()} ({self.one_of('0.5', '0.9', '0', '1', '-1', '2', 'NaN', '0.123')}, {inner})"
        if kind < 0.9:
            # Which of several equal values are among the first is left to chance by Prometheus.
            return f"{self.one_of('topk', 'bottomk')}{self.grouping()} ({self.one_of('0', '100', '-1')}, {inner})"
        # The last digits of a result are part of its label here: rounded, they are the same everywhere.
        return f'count_values{self.grouping()} ("{self.one_of("value", "host")}", round({inner}, 0.001))'

    def binary(self, depth):
        left, right = self.vector(depth - 1), self.vector(depth - 1)
        kind = self.random.random()
        if kind < 0.3:
            return f"({left} {self.random.choice(SETS)}{self.matching()} {right})"
        operator = self.random.choice(ARITHMETIC + COMPARISONS)
        boolean = " bool" if operator in COMPARISONS and self.random.random() < 0.3 else ""
        if kind < 0.55:
            scalar = self.scalar(depth - 1)
            return f"({left} {operator}{boolean} {scalar})" if self.random.random() < 0.5 else f"({scalar} {operator}{boolean} {left})"
        matching = self.matching()
        if matching and self.random.random() < 0.4:
            matching += f" {self.one_of('group_left', 'group_right')}({self.one_of('', '', 'version', 'code', 'job')})"
        if self.random.random() < 0.3:
            right = left
        return f"({left} {operator}{boolean}{matching} {right})"

    def matching(self):
        return "" if self.random.random() < 0.5 else f" {self.one_of('on', 'ignoring')}({self.labels()})"

    def call(self, depth):
        kind = self.random.random()
        if kind < 0.45:
            function = self.random.choice(RANGE_FUNCTIONS)
            counter = function in ("rate", "increase", "irate", "resets") and self.random.random() < 0.8
            return f"{function}({self.matrix(depth - 1, counter or None)})"
        if kind < 0.5:
            return f"quantile_over_time({self.one_of('0.5', '0.99', '0', '1', '-1', '1.5')}, {self.matrix(depth - 1)})"
        if kind < 0.55:
            # Without `@`: in a range query Prometheus 2.42 moves its window along (see promql_test.py).
            inner = f"{self.selector()}[{self.one_of('1m', '5m', '10m')}]"
            return f"predict_linear({inner}, {self.one_of('60', '3600', '-60', '0')})"
        if kind < 0.58:
            return f"holt_winters({self.matrix(depth - 1)}, {self.one_of('0.1', '0.5', '0.9')}, {self.one_of('0.1', '0.5')})"
        if kind < 0.64:
            quantile = self.one_of("0.5", "0.9", "0.99", "0", "1", "-1", "2", "NaN")
            inner = self.one_of("rate(latency_seconds_bucket[5m])", "latency_seconds_bucket",
                                "sum by (le) (rate(latency_seconds_bucket[5m]))",
                                "sum by (le, job) (latency_seconds_bucket)", "temperature")
            return f"histogram_quantile({quantile}, {inner})"
        if kind < 0.7:
            target = self.one_of("host", "new", "job", "__name__")
            source = self.one_of("host", "job", "code", "missing")
            regex, replacement = self.one_of(("(.*)", "$1"), ("(.)(.*)", "$2-$1"), ("a", "z"), ("", "x"), ("(?P<x>.+)", "${x}!"), ("(.*)", ""))
            return f'label_replace({self.vector(depth - 1)}, "{target}", "{replacement}", "{source}", "{regex}")'
        if kind < 0.74:
            return f'label_join({self.vector(depth - 1)}, "{self.one_of("joined", "host")}", "{self.one_of("-", "")}", "host", "job")'
        if kind < 0.78:
            return f"clamp({self.vector(depth - 1)}, {self.scalar(0)}, {self.scalar(0)})"
        if kind < 0.81:
            return f"{self.one_of('clamp_min', 'clamp_max', 'round')}({self.vector(depth - 1)}, {self.scalar(0)})"
        if kind < 0.84:
            return f"vector({self.scalar(depth - 1)})"
        if kind < 0.85:
            return f"{self.one_of('minute', 'hour', 'year')}()"
        if kind < 0.87:
            return f"{self.random.choice(STEEP_FUNCTIONS)}(clamp({self.selector()}, -5, 5))"
        if kind < 0.89:
            inner = self.one_of("started", "temperature", "free_bytes", "timestamp(up)", "beginning_late * -1e6")
            return f"{self.random.choice(DATE_FUNCTIONS)}({inner})"
        return f"{self.random.choice(VECTOR_FUNCTIONS)}({self.vector(depth - 1)})"

    def vector(self, depth):
        if depth <= 0 or self.random.random() < 0.12:
            return self.selector() + self.shift()
        kind = self.random.random()
        if kind < 0.35:
            return self.call(depth)
        if kind < 0.6:
            return self.aggregate(depth)
        if kind < 0.92:
            return self.binary(depth)
        return f"-{self.vector(depth - 1)}" if kind < 0.96 else f"({self.vector(depth - 1)})"

    def expression(self):
        depth = self.one_of(1, 2, 2, 3, 3, 4)
        kind = self.random.random()
        if kind < 0.03:
            return self.scalar(depth)
        return self.vector(depth)

    def instant(self):
        """Milliseconds: anywhere, or where a sample, a window or the look-back just begins or ends."""
        telemetry = self.telemetry
        if self.random.random() < 0.5:
            return self.random.randrange(telemetry.begin + 60_000, telemetry.end)
        if self.random.random() < 0.1:
            return self.random.randrange(telemetry.begin - 60_000, telemetry.end + 400_000)
        _, samples = self.random.choice(telemetry.series)
        at = self.random.choice(samples)[0] if samples else telemetry.begin
        return at + self.one_of(0, 0, 1, -1, 300_000, 300_001, 299_999, 60_000, 60_001, 15_000)

    def range(self):
        begin = self.instant()
        step = self.one_of(15_000, 60_000, 7_000, 1_000, 300_000, 13_337)
        return begin, begin + self.random.randrange(0, 40) * step + self.one_of(0, 0, 1, step - 1), step


# What lies between blanks that do not matter, more or less: names, numbers with their units, strings, operators.
PART = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_:][A-Za-z0-9_:]*|[0-9.][0-9A-Za-z.]*|=~|!~|[=!<>]=|\s+|.', re.DOTALL)
OTHER_PARTS = [
    "sum", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "and", "or", "unless", "atan2",
    "start", "end", "inf", "nan", "topk", "quantile", "count_values", "rate", "abs", "time", "label_replace", "vector",
    "scalar", "up", "a:b", ":", "_", "__name__", "le", "5m", "1h30m", "5", "0x1F", "0x", "1e", "1e+3", ".5", "5.", "1_000",
    "'", '"', "`", "'x'", '"\\x41"', '"\\q"', "`\\`", "(", ")", "{", "}", "[", "]", ",", "@", "+", "-", "*", "/", "%", "^",
    "==", "!=", "=", "=~", "!~", ">", "<=", "#", "# x\n", "\n", " ", ";", "$", "ü", "INF", "NaN", "SUM", "BY", "Offset", "1y",
    "1d2h", "2h1d", "5ms", "0s", "-5m", "{}", "{a=\"b\"}", "{a=\"\"}", "[5m]", "[5m:]", "[5m:30s]", "()",
]


class Scrawls:
    """Expressions with some of their parts gone, doubled, swapped or foreign: most are wrong, some are not."""

    def __init__(self, random, questions):
        self.random, self.questions = random, questions

    def expression(self):
        parts = PART.findall(self.questions.expression())
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            at = self.random.randrange(len(parts))
            chance = self.random.random()
            if chance < 0.3:
                del parts[at]
            elif chance < 0.4:
                parts.insert(at, parts[at])
            elif chance < 0.5:
                other = self.random.randrange(len(parts))
                parts[at], parts[other] = parts[other], parts[at]
            elif chance < 0.8:
                parts[at] = self.random.choice(OTHER_PARTS)
            else:
                parts.insert(at, self.random.choice(OTHER_PARTS))
            if not parts:
                break
        return "".join(parts)
