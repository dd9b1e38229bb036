#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "ctl/commands.h"
#include "model/labels.h"

namespace forewarn {
namespace {

using v1::AlertService;

std::string LabelsText(const google::protobuf::RepeatedPtrField<v1::Label>& labels) {
  Labels all;
  for (const v1::Label& label : labels) {
    if (label.name() != "alertname") all.Set(label.name(), label.value());
  }
  return all.ToString();
}

}  // namespace

Status ListAlerts(Session& session, const std::string& customer) {
  v1::ListAlertsRequest request;
  request.set_customer(customer);
  v1::ListAlertsResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<AlertService>(&AlertService::Stub::ListAlerts, request, response));
  Table table({"CUSTOMER", "RULE", "STATE", "SINCE", "EXPECTED", "VALUE", "LABELS"});
  std::stable_sort(response.mutable_alerts()->begin(), response.mutable_alerts()->end(),
                   [](const v1::AlertInfo& a, const v1::AlertInfo& b) {
                     return std::tie(a.customer(), a.rule()) < std::tie(b.customer(), b.rule());
                   });
  for (const v1::AlertInfo& alert : response.alerts()) {
    bool known = alert.unknown_reason().empty() || alert.unknown_reason() == "none";
    std::string state = alert.state() + (known ? "" : " (" + alert.unknown_reason() + ")");
    table.Add({alert.customer(), alert.rule(), state, TimeText(alert.active_since_ms()),
               TimeText(alert.predicted_breach_ms()), NumberText(alert.value()),
               LabelsText(alert.labels())});
  }
  session.Answer(response, table.ToString("No alerts."));
  return OkStatus();
}

Status ListRules(Session& session) {
  v1::ListRulesResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<AlertService>(&AlertService::Stub::ListRules,
                                                            v1::ListRulesRequest(), response));
  Table table({"FILE", "GROUP", "RULE", "KIND", "EVALUATED", "EVALUATOR", "TROUBLE", "EXPRESSION"});
  for (const v1::RuleInfo& rule : response.rules()) {
    std::string trouble = rule.last_error();
    if (trouble.empty() && !rule.unmatched().empty())
      trouble = "nothing matches " + rule.unmatched();
    std::string evaluator =
        rule.why_general().empty() ? "incremental" : fmt::format("general: {}", rule.why_general());
    table.Add({rule.file(), rule.group(), rule.name(), rule.kind(), rule.evaluated(), evaluator,
               trouble, rule.expression()});
  }
  session.Answer(response, table.ToString("No rules. Apply some: forewarnctl apply -f DIR"));
  return OkStatus();
}

}  // namespace forewarn
