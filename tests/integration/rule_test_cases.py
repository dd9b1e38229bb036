"""Rules and their unit tests, right and wrong, by which promtool and forewarnctl are compared."""

ALERTS = """
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    for: 2m
    keep_firing_for: 3m
    labels: {severity: page, who: "{{ $labels.job }}-x"}
    annotations: {summary: "{{ $labels.host }} has {{ $value }}, {{ 1.5e6 | humanize }}", empty: ""}
  - alert: Now
    expr: sum by (job) (up) < 1
  - alert: Always
    expr: vector(1)
  - alert: Gone
    expr: absent(up{job="shop"})
- name: h
  rules:
  - {alert: Now, expr: 'up == 2', labels: {from: h}}
"""

RECORDED = """
groups:
- name: late
  rules:
  - {record: c, expr: b + 1}
  - {record: state, expr: 'ALERTS{alertname="High"}'}
- name: early
  interval: 7m
  rules:
  - {record: a, expr: x * 2}
  - {record: b, expr: a + 1, labels: {l: "1", host: ""}}
  - {alert: High, expr: 'b > 6', for: 1m}
  - {record: since, expr: time() - ALERTS_FOR_STATE}
"""

UP = "- interval: 1m\n  input_series:\n  - {series: 'up{host=\"a\",job=\"shop\"}', values: '%s'}\n"

# Name, rules, tests; each is judged alike and fails in the same places.
CASES = [
    ("for and keep_firing_for", ALERTS, "tests:\n" + UP % "1 0x4 1x9" + "  alert_rule_test:\n" + "".join(
        f"  - {{eval_time: {minute}m30s, alertname: Down}}\n" for minute in range(12))),
    ("what is missing and stale", ALERTS, "tests:\n" + UP % "0 0 0 _x7 0 0 0 stale 0 0 0 0" + "  alert_rule_test:\n" + "".join(
        f"  - {{eval_time: {minute}m, alertname: {name}}}\n" for minute in range(16) for name in ("Down", "Gone"))),
    ("alerts of one name in two groups", ALERTS, "tests:\n" + UP % "0 2 1" + """
  alert_rule_test:
  - {eval_time: 0, alertname: Now, exp_alerts: [{exp_labels: {job: shop}}]}
  - {eval_time: 1m, alertname: Now, exp_alerts: [{exp_labels: {host: a, job: shop, from: h}}]}
  - {eval_time: 1m59s, alertname: Now, exp_alerts: [{exp_labels: {host: a, job: shop, from: g}}]}
  - {eval_time: 2m, alertname: Now}
  - {eval_time: 2m, alertname: Always, exp_alerts: [{}]}
  - {eval_time: 2m, alertname: Always, exp_alerts: [{}, {}]}
  - {eval_time: 2m, alertname: Nobody}
  - {eval_time: 2m, alertname: Nobody, exp_alerts: [{exp_labels: {alertname: Nobody}}]}
"""),
    ("annotations that are wrong, lacking and too many", ALERTS, "tests:\n" + "".join(
        "- name: one\n" + (UP % "0x9")[2:].replace("interval", "  interval", 1) + f"""
  alert_rule_test:
  - eval_time: 5m
    alertname: Down
    exp_alerts:
    - exp_labels: {{host: a, job: shop, severity: page, who: shop-x}}
      exp_annotations: {annotations}
""" for annotations in ('{summary: "a has 0, 1.5M", empty: ""}', '{summary: "a has 1, 1.5M", empty: ""}',
                        '{summary: "a has 0, 1.5M"}', '{}', '{summary: "a has 0, 1.5M", empty: "", more: x}'))),
    ("an order of groups", RECORDED, "group_eval_order: [early, late]\ntests:\n" + """
- interval: 1m
  input_series: [{series: 'x{host="a"}', values: '1+1x4 stale 9'}]
  promql_expr_test:
""" + "".join(f"  - {{expr: '{expr}', eval_time: {minute}m}}\n" for minute in range(7) for expr in
              ("c", "state", "since", "ALERTS", "ALERTS_FOR_STATE", "{__name__=~\"a|b\"}"))),
    ("an order of groups the other way", RECORDED, "group_eval_order: [late, early]\nevaluation_interval: 30s\ntests:\n" + """
- interval: 1m
  input_series: [{series: 'x{host="a"}', values: '1+1x4 stale 9'}]
  promql_expr_test:
""" + "".join(f"  - {{expr: '{expr}', eval_time: {minute}m15s}}\n" for minute in range(7) for expr in
              ("c", "state", "since", "count_over_time(b[10m])"))),
    ("series as they are noted", "groups: []\n", """
evaluation_interval: 30s
tests:
- interval: 30s
  name: notations
  input_series:
  - {series: 'a{i="1"}', values: '1 _ -2 3x2 1-2x3 _x2 +4 5e-1 0x1 stale 7'}
  - {series: 'a{i="2"}', values: '-1+0.1x20'}
  - {series: 'a{i="3"}', values: '1'}
  - {series: 'a{i="3"}', values: '2 3 Inf -Inf +Inf'}
  promql_expr_test:
""" + "".join(f"  - {{expr: '{expr}', eval_time: {30 * step}s}}\n" for step in range(20) for expr in
              ("a", "sum_over_time(a{i=\"1\"}[2m])", "changes(a{i=\"2\"}[3m])"))),
    ("expressions", "groups: []\n", """
tests:
- interval: 1m
  input_series: [{series: 'x{host="a"}', values: '0+1x30'}, {series: 'x{host="b"}', values: '0+2x30'}]
  promql_expr_test:
  - {expr: '1 + 1', exp_samples: [{labels: '', value: 2}]}
  - {expr: '1 + 1', exp_samples: [{value: 2.0000001}]}
  - {expr: 'x', eval_time: 5m, exp_samples: [{labels: 'x{host="b"}', value: 10}, {labels: 'x{host="a"}', value: 5}]}
  - {expr: 'x', eval_time: 5m, exp_samples: [{labels: 'x{host="b"}', value: 1_0}, {labels: 'x{host="a"}', value: 0x5}]}
  - {expr: 'x', eval_time: 5m, exp_samples: [{labels: '{host="b"}', value: 10}, {labels: 'x{host="a"}', value: 5}]}
  - {expr: 'sort_desc(x)', eval_time: 5m, exp_samples: [{labels: 'x{host="a"}', value: 5}, {labels: 'x{host="b"}', value: 10}]}
  - {expr: 'count_over_time(x[5m:])', eval_time: 9m30s, exp_samples: [{labels: '{host="a"}', value: 5}, {labels: '{host="b"}', value: 5}]}
  - {expr: 'x @ 60', eval_time: 20m, exp_samples: [{labels: 'x{host="a"}', value: 1}, {labels: 'x{host="b"}', value: 2}]}
  - {expr: 'x offset -2m', eval_time: 29m30s}
  - {expr: 'time()', eval_time: 1h, exp_samples: [{value: 3600}]}
  - {expr: 'x[5m]', eval_time: 5m}
  - {expr: '"a"', eval_time: 5m}
  - {expr: 'x * on (host) group_left (a) x', eval_time: 5m}
  - {expr: 'x * ignoring (host) x', eval_time: 5m}
  - {expr: '1 / 0', exp_samples: [{value: .inf}]}
  - {expr: '-1 / 0', exp_samples: [{value: .inf}]}
  - {expr: 'y', exp_samples: []}
"""),
    ("a limit that is passed", "groups:\n- name: g\n  limit: 1\n  rules: [{record: a, expr: x}, {alert: B, expr: x}]\n", """
tests:
- interval: 1m
  input_series: [{series: 'x{host="a"}', values: '1x5'}, {series: 'x{host="b"}', values: '_ _ 1x5'}]
  alert_rule_test: [{eval_time: 1m, alertname: B}, {eval_time: 5m, alertname: B}]
- promql_expr_test: [{expr: '1', exp_samples: [{value: 1}]}]
"""),
    ("two rules that record one series", "groups:\n- name: g\n  rules: [{record: a, expr: x}, {record: a, expr: x + 1}]\n", """
tests:
- interval: 1m
  input_series: [{series: x, values: '1x5'}]
  promql_expr_test: [{expr: a}]
"""),
    ("two rules that record one series alike", "groups:\n- name: g\n  rules: [{record: a, expr: x}, {record: a, expr: x}]\n", """
tests:
- interval: 1m
  input_series: [{series: x, values: '1 1 stale'}, {series: a, values: '1 1 5'}]
  promql_expr_test: [{expr: a, eval_time: 1m, exp_samples: [{labels: a, value: 1}]}, {expr: a, eval_time: 2m}]
"""),
    ("results that become one series", "groups:\n- name: g\n  rules: [{alert: A, expr: x, labels: {host: c}}]\n", """
tests:
- interval: 1m
  input_series: [{series: 'x{host="a"}', values: '1x5'}, {series: 'x{host="b"}', values: '_ 1x5'}]
  alert_rule_test: [{eval_time: 0, alertname: A, exp_alerts: [{exp_labels: {host: c}}]}, {eval_time: 1m, alertname: A}]
"""),
    ("labels of the collector's", "groups:\n- name: g\n  rules: [{alert: A, expr: x}, {record: r, expr: x}]\n", """
tests:
- interval: 1m
  input_series: [{series: 'x{customer="a",probe="b",installation="c",instance="d"}', values: '1x5'}]
  alert_rule_test: [{alertname: A, exp_alerts: [{exp_labels: {customer: a, probe: b, installation: c, instance: d}}]}]
  promql_expr_test: [{expr: r, exp_samples: [{labels: 'r{customer="a",probe="b",installation="c",instance="d"}', value: 1}]}]
"""),
    ("what is around the rules", """
groups:
- name: g
  rules:
  - alert: A
    expr: x
    labels: {zone: "{{ $externalLabels.zone }}", none: "{{ $externalLabels.none }}"}
    annotations: {a: '{{ if eq .ExternalLabels.zone "b" }}in b{{ else }}elsewhere{{ end }}', b: "{{ $externalURL }}"}
""", """
tests:
- interval: 1m
  input_series: [{series: x, values: '1x5'}]
  external_labels: {zone: b}
  external_url: https://example.com
  alert_rule_test:
  - {alertname: A, exp_alerts: [{exp_labels: {zone: b}, exp_annotations: {a: in b, b: https://example.com}}]}
  - {alertname: A, exp_alerts: [{exp_labels: {zone: c}}]}
- interval: 1m
  input_series: [{series: x, values: '1x5'}]
  alert_rule_test:
  - {alertname: A, exp_alerts: [{exp_annotations: {a: elsewhere, b: ""}}]}
"""),
    ("templates", """
groups:
- name: g
  rules:
  - alert: A
    expr: x > 1
    labels: {rest: '{{ with query "sum(x)" }}{{ . | first | value }}{{ end }}', name: "{{ $labels.__name__ }}"}
    annotations:
      all: '{{ range query "sort(x)" }}{{ .Labels.host }}={{ .Value | humanize }},{{ end }}'
      none: '{{ range query "absent_of_all" }}x{{ else }}nothing{{ end }}'
      numbers: '{{ $value | humanize1024 }} {{ $value | humanizePercentage }} {{ 3725.5 | humanizeDuration }} {{ printf "%.3f|%5.1e|%v" $value $value $value }}'
      words: '{{ $labels.host | toUpper | reReplaceAll "(A)" "<$1>" }} {{ title "a b" }} {{ match "a.*" "bab" }}'
      variable: '{{ $x := .Value }}{{ if gt $x 3.0 }}much{{ else if eq $x 3.0 }}three{{ else }}few{{ end }}'
""", """
tests:
- interval: 1m
  input_series: [{series: 'x{host="a"}', values: '1 2 3.25'}, {series: 'x{host="b"}', values: '7 7 1e6'}]
  alert_rule_test: [{alertname: A}, {eval_time: 1m, alertname: A}, {eval_time: 2m, alertname: A}]
"""),
    ("no file of rules", "groups: []\n", "rule_files: [there_is_none*.yaml]\ntests:\n- alert_rule_test: [{alertname: A}]\n"),
    ("nothing", "groups: []\n", ""),
]

# Rules, tests: neither program runs these.
REFUSED = [
    ("groups: []\n", "test: []\n"),
    ("groups: []\n", "tests: [{intervall: 1m}]\n"),
    ("groups: []\n", "evaluation_interval: 5\n"),
    ("groups: []\n", "group_eval_order: [a, a]\n"),
    ("groups: []\n", "tests: [{name: a, name: b}]\n"),
    ("groups: []\n", "tests: [{input_series: [{series: 'a{', values: '1'}]}]\n"),
    ("groups: []\n", "tests: [{interval: 1m, input_series: [{series: a, values: '1y2'}]}]\n"),
    ("groups: []\n", "tests: [{interval: 1m, input_series: [{values: '1'}]}]\n"),
    ("groups: []\n", "tests: [{alert_rule_test: [{eval_time: 1m}]}]\n"),
    ("groups: []\n", "tests: [{alert_rule_test: [{alertname: a, exp_alerts: {}}]}]\n"),
    ("groups: []\n", "tests: [{promql_expr_test: [{expr: 'rat(a)'}]}]\n"),
    ("groups: []\n", "tests: [{promql_expr_test: [{}]}]\n"),
    ("groups: []\n", "tests: [{promql_expr_test: [{expr: a, exp_samples: [{labels: 'a{', value: 1}]}]}]\n"),
    ("groups: []\n", "tests: [{promql_expr_test: [{expr: a, exp_samples: [{labels: a, value: '1'}]}]}]\n"),
    ("groups: []\n", "tests: [{promql_expr_test: [{expr: a, exp_samples: [{labels: a, value: NaN}]}]}]\n"),
    ("groups: [{name: a, rules: [{alert: A, expr: 'up =='}]}]\n", "tests: [{name: a}]\n"),
    ("group: []\n", "tests: [{name: a}]\n"),
]
