#include "rules/rule_set.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/check.h"
#include "rules/alert_series.h"
#include "rules/shadow.h"

namespace forewarn {
namespace {

bool MayMatchName(const Matchers& selector, std::string_view name) {
  return std::ranges::all_of(selector, [&](const Matcher& matcher) {
    return matcher.name() != kMetricName || matcher.Matches(name);
  });
}

// Whether it may match the series of alerts; and then, those of this one.
bool MayMatchAlerts(const Matchers& selector) {
  return MayMatchName(selector, kAlertsSeries) || MayMatchName(selector, kAlertsForStateSeries);
}
bool MayMatchAlert(const Matchers& selector, std::string_view alertname) {
  return std::ranges::all_of(selector, [&](const Matcher& matcher) {
    return matcher.name() != "alertname" || matcher.Matches(alertname);
  });
}

// Rules that read, directly or through others, what a rule without a property wrote lose it, too; also what one of
// these detectors finds in it.
template <typename Has, typename Lose>
void SpreadToReaders(const std::vector<PreparedRule*>& rules,
                     std::span<const DetectorSpec> detectors, const Has& has, const Lose& lose) {
  bool is_changed = true;
  while (is_changed) {
    is_changed = false;
    std::set<std::string, std::less<>> names;
    std::set<std::string, std::less<>> alerts;
    for (const PreparedRule* rule : rules) {
      if (has(*rule) || rule->rule.forewarn.shadow) continue;
      (rule->rule.alerting ? alerts : names).insert(rule->rule.name);
    }
    auto reads_them = [&](const Matchers& selector) {
      const std::string_view name = MetricOf(selector);
      if (!name.empty() && !names.contains(name) && !MayMatchAlerts(selector)) return false;
      auto may_match_name = [&](std::string_view name) { return MayMatchName(selector, name); };
      auto may_match_alert = [&](std::string_view name) { return MayMatchAlert(selector, name); };
      return std::ranges::any_of(names, may_match_name) ||
             (MayMatchAlerts(selector) && std::ranges::any_of(alerts, may_match_alert));
    };
    bool is_more = true;
    while (is_more) {
      is_more = false;
      for (const DetectorSpec& detector : detectors) {
        if (!reads_them(detector.selector)) continue;
        for (std::string_view suffix : kFindingSuffixes)
          is_more |= names.insert(detector.record + std::string(suffix)).second;
      }
    }
    for (PreparedRule* rule : rules) {
      if (!has(*rule)) continue;
      if (std::ranges::any_of(rule->rule.expression.Selectors(), reads_them)) {
        lose(*rule);
        is_changed = true;
      }
    }
  }
}

std::vector<PreparedRule*> AllRules(std::vector<PreparedGroup>& groups) {
  std::vector<PreparedRule*> all;
  for (PreparedGroup& group : groups) {
    for (PreparedRule& rule : group.rules) all.push_back(&rule);
  }
  return all;
}

class RootFinder {
 public:
  RootFinder(const std::vector<PreparedRule*>& rules, std::span<const DetectorSpec> detectors)
      : detectors_(detectors) {
    for (const PreparedRule* rule : rules) {
      if (rule->rule.forewarn.shadow) continue;  // writes nothing
      (rule->rule.alerting ? alerts_ : recorders_).emplace(rule->rule.name, rule);
    }
  }

  std::vector<Matchers> Find(const PreparedRule& rule) {
    std::vector<Matchers> roots;
    std::set<const PreparedRule*> seen;
    Visit(rule, seen, roots);
    return roots;
  }

 private:
  void Visit(const PreparedRule& rule, std::set<const PreparedRule*>& seen,
             std::vector<Matchers>& roots) {
    if (!seen.insert(&rule).second) return;
    for (Matchers& selector : rule.rule.expression.Selectors()) {
      bool is_recorded = false;
      for (const auto& [name, recorder] : recorders_) {
        if (!MayMatchName(selector, name)) continue;
        is_recorded = true;
        Visit(*recorder, seen, roots);
      }
      if (MayMatchAlerts(selector)) {
        for (const auto& [name, alert] : alerts_) {
          if (!MayMatchAlert(selector, name)) continue;
          is_recorded = true;
          Visit(*alert, seen, roots);
        }
      }
      for (const DetectorSpec& detector : detectors_) {
        if (!MayMatchFinding(selector, detector)) continue;
        is_recorded = true;
        roots.push_back(detector.selector);
      }
      if (!is_recorded || MetricOf(selector).empty()) roots.push_back(std::move(selector));
    }
  }

  static bool MayMatchFinding(const Matchers& selector, const DetectorSpec& detector) {
    return std::ranges::any_of(kFindingSuffixes, [&](std::string_view suffix) {
      return MayMatchName(selector, detector.record + std::string(suffix));
    });
  }

  const std::span<const DetectorSpec> detectors_;
  std::multimap<std::string_view, const PreparedRule*> recorders_;
  std::multimap<std::string_view, const PreparedRule*> alerts_;
};

// Whether the text of a label has a say of the alert's value, or of a query's.
bool IsOfValues(const std::pair<std::string, std::string>& label) {
  if (label.second.find("{{") == std::string::npos) return false;
  return std::ranges::any_of(
      std::array<std::string_view, 4>{"$value", ".Value", "query", "{{ . "},
      [&](std::string_view word) { return label.second.find(word) != std::string::npos; });
}

// They were compiled when the file was read.
std::vector<std::pair<std::string, Template>> CompileAll(const Attributes& texts) {
  std::vector<std::pair<std::string, Template>> compiled;
  for (const auto& [name, text] : texts) {
    StatusOr<Template> made = Template::Compile(text);
    FW_CHECK(made.ok());
    compiled.emplace_back(name, *std::move(made));
  }
  return compiled;
}

}  // namespace

std::vector<PreparedGroup> PrepareRules(std::vector<RuleGroup> groups,
                                        std::span<const DetectorSpec> detectors) {
  std::vector<PreparedGroup> prepared;
  std::map<Fingerprint, int> twins;
  for (RuleGroup& group : groups) {
    PreparedGroup& out = prepared.emplace_back();
    out.key =
        Fingerprint().Add(group.file).Add(group.name).Add(std::to_string(group.interval.count()));
    out.file = std::move(group.file);
    out.name = std::move(group.name);
    out.interval = group.interval;
    out.limit = group.limit;
    out.query_offset = group.query_offset;
    for (Rule& rule : group.rules) {
      bool per_round = rule.expression.Keeps("probe");
      PreparedRule& made = out.rules.emplace_back(PreparedRule{
          std::move(rule), {}, {}, {}, 0, nullptr, "", false, per_round, false, {}, {}, {}});
      if (made.rule.alerting) {
        made.labels = CompileAll(made.rule.labels);
        made.writes_alerts =
            !made.rule.forewarn.shadow && std::ranges::none_of(made.rule.labels, IsOfValues);
        made.annotations = CompileAll(made.rule.annotations);
      }
    }
  }
  const std::vector<PreparedRule*> all = AllRules(prepared);
  SpreadToReaders(
      all, {}, [](const PreparedRule& rule) { return rule.per_round; },
      [](PreparedRule& rule) { rule.per_round = false; });
  RootFinder roots(all, detectors);
  for (PreparedGroup& group : prepared) {
    for (PreparedRule& rule : group.rules) {
      rule.roots = roots.Find(rule);
      Fingerprint key = Fingerprint().Add(group.name).Add(rule.rule.alerting ? "alert" : "record");
      key = key.Add(rule.per_round ? "round" : "grid").Add(rule.rule.name);
      for (const auto& [label, value] : rule.rule.labels) key = key.Add(label).Add(value);
      if (rule.rule.forewarn.shadow) key = key.Add(kShadowLabel);
      // Prometheus allows two rules that differ in their expressions alone; their order tells them
      // apart.
      int twin = twins[key]++;
      rule.key = twin == 0 ? key : key.Add(std::to_string(twin));
      group.has_grid_rules |= !rule.per_round;
    }
  }
  return prepared;
}

void SelectCustomers(const std::vector<Customer>& customers, std::vector<PreparedGroup>& groups) {
  for (PreparedGroup& group : groups) {
    std::vector<PreparedRule> rules;
    for (PreparedRule& rule : group.rules) {
      const RuleForewarn& forewarn = rule.rule.forewarn;
      if (!forewarn.customers.empty()) rule.customers.emplace();
      std::map<size_t, std::set<std::string>> by_override;
      for (const Customer& customer : customers) {
        if (!forewarn.customers.Matches(customer)) continue;
        if (rule.customers) rule.customers->insert(customer.id);
        auto other = std::ranges::find_if(forewarn.overrides, [&](const ThresholdOverride& item) {
          return item.IsFor(customer);
        });
        if (other == forewarn.overrides.end()) continue;
        by_override[static_cast<size_t>(other - forewarn.overrides.begin())].insert(customer.id);
        rule.but_not.insert(customer.id);
      }
      rules.push_back(rule);
      for (auto& [index, ids] : by_override) {
        PreparedRule& other = rules.emplace_back(rule);
        other.rule.expression = forewarn.overrides[index].expression;
        other.customers = std::move(ids);
        other.but_not.clear();
      }
    }
    group.rules = std::move(rules);
  }
}

void PlanRules(std::vector<PreparedGroup>& groups, std::span<const DetectorSpec> detectors) {
  size_t number = 0;
  for (PreparedGroup& group : groups) {
    for (PreparedRule& rule : group.rules) {
      rule.number = number++;
      rule.plan = MakeLivePlan(rule.rule.expression, &rule.why_general);
      if (rule.plan != nullptr && group.query_offset > LivePlan::kReachMax) {
        rule.plan = nullptr;
        rule.why_general = "a query_offset of more than 1h";
      }
      rule.every_round = rule.per_round && rule.plan != nullptr;
    }
  }
  const std::vector<PreparedRule*> all = AllRules(groups);
  SpreadToReaders(
      all, detectors, [](const PreparedRule& rule) { return rule.every_round; },
      [](PreparedRule& rule) { rule.every_round = false; });
  std::set<Duration> intervals;
  for (PreparedGroup& group : groups) {
    for (PreparedRule& rule : group.rules) {
      if (!rule.per_round || rule.every_round) continue;
      rule.due_every = group.interval;
      intervals.insert(group.interval);
    }
  }
  for (Duration interval : intervals) {  // the longest last
    SpreadToReaders(
        all, detectors, [&](const PreparedRule& rule) { return rule.due_every < interval; },
        [&](PreparedRule& rule) { rule.due_every = interval; });
  }
}

std::string DescribeSelector(const Matchers& selector) {
  std::string name;
  std::string rest;
  for (const Matcher& matcher : selector) {
    if (name.empty() && matcher.name() == kMetricName && matcher.kind() == Matcher::Kind::kEqual) {
      name = matcher.value();
    } else {
      rest += (rest.empty() ? "" : ",") + matcher.ToString();
    }
  }
  return rest.empty() && !name.empty() ? name : name + "{" + rest + "}";
}

}  // namespace forewarn
