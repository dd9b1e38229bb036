#include "collector/query_api/rules_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/fingerprint.h"
#include "base/units.h"
#include "collector/query_api/answer_json.h"
#include "model/ids.h"
#include "rules/promql/number.h"
#include "rules/shadow.h"

namespace forewarn {
namespace {

// Nothing says when the last evaluation was; a client that wants a time gets Go's zero.
constexpr std::string_view kNever = R"("evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z")";

bool IsFiring(const Alert& alert) {
  return alert.state == AlertState::kFiring ||
         (alert.state == AlertState::kUnknown && alert.fired_at.has_value());
}

// A rule as all partitions have it, with what some of them say of it.
struct ListedRule {
  std::string file;
  std::string group;
  Duration interval;
  uint64_t limit = 0;
  Fingerprint key;
  Rule rule;
  std::optional<std::set<std::string>> customers;  // PreparedRule
  std::set<std::string> but_not;
  std::string_view health;
  std::string last_error;
  std::vector<Alert> alerts;

  bool IsFor(const std::string& customer) const {
    return (!customers || customers->contains(customer)) && !but_not.contains(customer);
  }
};

void AppendAttributes(const Attributes& attributes, std::string& out) {
  out += '{';
  for (const auto& [name, value] : attributes) {
    if (out.back() != '{') out += ',';
    AppendString(name, out);
    out += ':';
    AppendString(value, out);
  }
  out += '}';
}

void AppendAlerts(const std::vector<Alert>& alerts, std::string& out) {
  out += '[';
  for (const Alert& alert : alerts) {
    if (out.back() != '[') out += ',';
    out += "{\"labels\":";
    AppendLabels(alert.labels, out);
    out += ",\"annotations\":";
    AppendAttributes(alert.annotations, out);
    out += fmt::format(R"(,"state":"{}","activeAt":"{}","value":"{}"}})",
                       IsFiring(alert) ? "firing" : "pending", FormatTime(alert.active_since),
                       promql::FormatScientific(alert.value));
  }
  out += ']';
}

void AppendRule(const ListedRule& listed, std::string& out) {
  const Rule& rule = listed.rule;
  out += "{\"name\":";
  AppendString(rule.name, out);
  out += ",\"query\":";
  AppendString(rule.expression.ToString(), out);
  out += ",\"labels\":";
  AppendAttributes(rule.labels, out);
  if (rule.alerting) {
    out += fmt::format(R"(,"duration":{},"keepFiringFor":{},"annotations":)",
                       ToSeconds(rule.hold_for), ToSeconds(rule.keep_firing_for));
    AppendAttributes(rule.annotations, out);
    const char* state = listed.alerts.empty()                          ? "inactive"
                        : std::ranges::any_of(listed.alerts, IsFiring) ? "firing"
                                                                       : "pending";
    out += fmt::format(R"(,"state":"{}","alerts":)", state);
    AppendAlerts(listed.alerts, out);
  }
  if (!listed.last_error.empty()) {
    out += ",\"lastError\":";
    AppendString(listed.last_error, out);
  }
  out += fmt::format(R"(,"health":"{}","type":"{}",{}}})", listed.health,
                     rule.alerting ? "alerting" : "recording", kNever);
}

// Alerts of rules of one name in one group are told with each of them that is for their customer: an alert does not say
// more.
StatusOr<std::vector<ListedRule>> ListRules(const Desk& desk, const std::string& customer) {
  std::vector<ListedRule> rules;
  std::map<std::pair<std::string, std::string>, std::vector<Alert>> alerts;
  bool is_first = true;
  FW_RETURN_IF_ERROR(desk.AskAbout(customer, [&](const Shard& shard) {
    size_t place = 0;
    for (const PreparedGroup& group : shard.engine().groups()) {
      for (const PreparedRule& rule : group.rules) {
        // Whom another threshold is for is nobody else's business.
        if (!customer.empty() && !rule.IsFor(customer)) continue;
        if (is_first) {
          rules.push_back({group.file,
                           group.name,
                           group.interval,
                           group.limit,
                           rule.key,
                           rule.rule,
                           rule.customers,
                           rule.but_not,
                           "unknown",
                           "",
                           {}});
        }
        // A partition that a new bundle has not reached yet, or has before the others, has other rules.
        const bool is_same = place < rules.size() && rules[place].key == rule.key;
        // What a rule complains of names series, and nobody knows whose: it is told to who may see all.
        if (customer.empty() && is_same && rules[place].last_error.empty()) {
          rules[place].last_error = shard.engine().LastError(rule);
          rules[place].health = rules[place].last_error.empty() ? "ok" : "err";
        }
        ++place;
      }
    }
    is_first = false;
    for (Alert& alert : shard.engine().Alerts()) {
      if (!customer.empty() && (alert.customer != customer || IsShadow(alert))) continue;
      alerts[{alert.group, alert.rule}].push_back(std::move(alert));
    }
  }));
  for (ListedRule& listed : rules) {
    auto found = alerts.find({listed.group, listed.rule.name});
    if (!listed.rule.alerting || found == alerts.end()) continue;
    std::ranges::copy_if(found->second, std::back_inserter(listed.alerts),
                         [&](const Alert& alert) { return listed.IsFor(alert.customer); });
  }
  return rules;
}

// Whether `value` is one of those asked for, or none is.
bool IsAskedFor(const std::vector<std::string>& asked, const std::string& value) {
  return asked.empty() || std::ranges::find(asked, value) != asked.end();
}

}  // namespace

StatusOr<std::string> RulesJson(const Desk& desk, const std::string& customer,
                                const Parameters& parameters) {
  const std::string_view type = parameters.Get("type");
  if (!type.empty() && type != "alert" && type != "record") {
    return InvalidArgument("invalid parameter \"type\": it is alert or record");
  }
  FW_ASSIGN_OR_RETURN(std::vector<ListedRule> rules, ListRules(desk, customer));
  const std::vector<std::string> names = parameters.All("rule_name[]");
  const std::vector<std::string> groups = parameters.All("rule_group[]");
  const std::vector<std::string> files = parameters.All("file[]");
  std::erase_if(rules, [&](const ListedRule& listed) {
    bool is_of_type = type.empty() || (type == "alert") == listed.rule.alerting;
    return !is_of_type || !IsAskedFor(names, listed.rule.name) ||
           !IsAskedFor(groups, listed.group) || !IsAskedFor(files, listed.file);
  });
  std::string out = "{\"groups\":[";
  for (size_t i = 0; i < rules.size(); ++i) {
    const ListedRule& listed = rules[i];
    bool begins = i == 0 || rules[i - 1].file != listed.file || rules[i - 1].group != listed.group;
    if (begins) {
      if (i > 0) out += "]},";
      out += "{\"name\":";
      AppendString(listed.group, out);
      out += ",\"file\":";
      AppendString(listed.file, out);
      out += fmt::format(R"(,"interval":{},"limit":{},{},"rules":[)", ToSeconds(listed.interval),
                         listed.limit, kNever);
    } else {
      out += ',';
    }
    AppendRule(listed, out);
  }
  return out + (rules.empty() ? "]}" : "]}]}");
}

StatusOr<std::string> AlertsJson(const Desk& desk, const std::string& customer) {
  std::vector<Alert> alerts;
  FW_RETURN_IF_ERROR(desk.AskAbout(customer, [&](const Shard& shard) {
    for (Alert& alert : shard.engine().Alerts()) {
      // What is in shadow is not told to those whom it would concern.
      const bool is_theirs = alert.customer == customer && !IsShadow(alert);
      if (customer.empty() || is_theirs) alerts.push_back(std::move(alert));
    }
  }));
  std::string out = "{\"alerts\":";
  AppendAlerts(alerts, out);
  return out + '}';
}

}  // namespace forewarn
