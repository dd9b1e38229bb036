#include "rules/stale_reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "base/units.h"
#include "rules/alert_series.h"
#include "rules/intervals.h"
#include "rules/promql/ast.h"
#include "rules/rule_set.h"

namespace forewarn {
namespace {

// How far back a selector looks.
Duration WindowOf(const promql::Selector& selector) {
  return selector.range > Duration(0) ? selector.range : promql::EvalLimits{}.lookback;
}

// How long it is from one instant of a rule to the next; nothing when it runs at each round.
Duration PeriodOf(const PreparedGroup& group, const PreparedRule& rule) {
  return StepOf(group, rule, Duration(0));
}

// A rule that writes seldom, and the labels that its series are known to have.
struct Writer {
  const PreparedGroup* group;
  const PreparedRule* rule;
  std::map<std::string, std::string> labels;

  bool MayWrite(const Matchers& selector) const {
    return std::ranges::all_of(selector, [&](const Matcher& matcher) {
      auto known = labels.find(matcher.name());
      return known == labels.end() || matcher.Matches(known->second);
    });
  }
};

// By the metric that they write.
class Writers {
 public:
  explicit Writers(const std::vector<PreparedGroup>& groups) {
    for (const PreparedGroup& group : groups) {
      for (const PreparedRule& rule : group.rules) {
        if (PeriodOf(group, rule) <= Duration(0) || rule.rule.forewarn.shadow) continue;
        if (!rule.rule.alerting) {
          Add(group, rule, rule.rule.name);
        } else if (rule.writes_alerts) {
          Add(group, rule, kAlertsSeries);
          Add(group, rule, kAlertsForStateSeries);
        }
      }
    }
  }

  template <typename Visit>
  void ForEach(const Matchers& selector, const Visit& visit) const {
    const std::string_view metric = MetricOf(selector);
    auto [from, to] = metric.empty() ? std::pair(by_metric_.begin(), by_metric_.end())
                                     : by_metric_.equal_range(metric);
    for (; from != to; ++from) {
      if (from->second.MayWrite(selector)) visit(from->second);
    }
  }

 private:
  void Add(const PreparedGroup& group, const PreparedRule& rule, std::string_view metric) {
    Writer writer{&group, &rule, {{std::string(kMetricName), std::string(metric)}}};
    if (rule.rule.alerting) writer.labels["alertname"] = rule.rule.name;
    for (const auto& [name, value] : rule.rule.labels) {
      if (value.find("{{") == std::string::npos) writer.labels[name] = value;
    }
    by_metric_.emplace(metric, std::move(writer));
  }

  std::multimap<std::string_view, Writer> by_metric_;
};

struct Age {
  Duration oldest;
  Duration oldest_below;  // if the rule that reads stood below the one that writes
};

// How old the newest of what `writer` wrote may be at the instants of a rule that looks `offset` back, and at its own
// times otherwise. Both come at the multiples of their intervals, so what lies between them comes in steps of the common
// divisor of the two.
Age OldestOf(const Writer& writer, const PreparedGroup& group, const PreparedRule& rule,
             Duration offset) {
  const Duration made = PeriodOf(*writer.group, *writer.rule);
  // Rounds end at any time.
  if (writer.rule->per_round != rule.per_round) return {made, made};
  const Duration step(std::gcd(made.count(), PeriodOf(group, rule).count()));
  // By so much the reader looks for younger samples than those that are written at its instant.
  const Duration lead = writer.group->query_offset - group.query_offset - offset;
  const Duration rest = lead >= Duration(0) ? lead : (lead % step + step) % step;
  const Duration oldest = made - step + rest;
  const bool is_in_time = lead < Duration(0) || writer.rule->number < rule.number;
  if (is_in_time) return {oldest, oldest};
  return {oldest + step, writer.rule == &rule ? oldest + step : oldest};
}

template <typename Visit>
void ForEachJudged(const promql::Node& node, const Visit& visit) {
  if (promql::As<promql::Subquery>(node) != nullptr) return;
  if (const auto* selector = promql::As<promql::Selector>(node)) {
    if (!selector->shift.at) visit(*selector);
    return;
  }
  for (const promql::Node* child : promql::Children(node)) ForEachJudged(*child, visit);
}

std::string Describe(const promql::Selector& selector, const Writer& writer, const Age& age,
                     const PreparedGroup& group, const PreparedRule& rule) {
  const std::string series = DescribeSelector(selector.matchers);
  const std::string oldest = FormatDuration(age.oldest);
  std::string remedy;
  if (age.oldest_below <= WindowOf(selector)) {
    remedy = "write it below that rule";
  } else if (selector.range > Duration(0)) {
    remedy = fmt::format("look {} back", oldest);
  } else {
    remedy = fmt::format("read last_over_time({}[{}])", series, oldest);
  }
  return fmt::format(
      "{}: group '{}', rule '{}': it looks {} back for {}, which rule '{}' of group '{}' in {} "
      "writes every {}; the newest is up to {} old, so at times nothing is found; {}",
      group.file, group.name, rule.rule.name, FormatDuration(WindowOf(selector)), series,
      writer.rule->rule.name, writer.group->name, writer.group->file,
      FormatDuration(PeriodOf(*writer.group, *writer.rule)), oldest, remedy);
}

}  // namespace

std::vector<std::string> FindStaleReads(RuleFiles files) {
  std::vector<PreparedGroup> groups = PrepareRules(std::move(files.groups), files.detectors);
  PlanRules(groups);
  const Writers writers(groups);
  std::vector<std::string> found;
  for (const PreparedGroup& group : groups) {
    for (const PreparedRule& rule : group.rules) {
      ForEachJudged(rule.rule.expression.root(), [&](const promql::Selector& selector) {
        std::optional<std::string> worst;
        Duration oldest = WindowOf(selector);
        writers.ForEach(selector.matchers, [&](const Writer& writer) {
          const Age age = OldestOf(writer, group, rule, selector.shift.offset);
          if (age.oldest <= oldest) return;
          oldest = age.oldest;
          worst = Describe(selector, writer, age, group, rule);
        });
        if (worst) found.push_back(*std::move(worst));
      });
    }
  }
  return found;
}

}  // namespace forewarn
