#include "collector/doors/external_alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/units.h"
#include "collector/doors/bounded_parse.h"
#include "model/message_template.h"

namespace forewarn {
namespace {

using Json = nlohmann::json;

struct ExternalAlert {
  std::vector<Labels::Pair> labels;  // sorted
  std::vector<Labels::Pair> annotations;
  std::string name;
  std::optional<Timestamp> starts_at;
  std::optional<Timestamp> ends_at;
  std::string generator_url;

  bool active(Timestamp now) const { return !ends_at || *ends_at > now; }
};

Status ReadPairs(const Json& alert, const char* key, std::vector<Labels::Pair>& out) {
  auto found = alert.find(key);
  if (found == alert.end() || found->is_null()) return OkStatus();
  if (!found->is_object()) return InvalidArgument(fmt::format("{}: not an object", key));
  for (const auto& [name, value] : found->items()) {
    if (!value.is_string()) {
      return InvalidArgument(fmt::format("{}.{}: not a string", key, name.substr(0, 100)));
    }
    out.emplace_back(name, value.get<std::string>());
  }
  return OkStatus();
}

// The zero time of Go, which some clients send for "not set", is the same as none.
Status ReadTimeField(const Json& alert, const char* key, std::optional<Timestamp>& out) {
  auto found = alert.find(key);
  if (found == alert.end() || found->is_null()) return OkStatus();
  if (!found->is_string()) return InvalidArgument(fmt::format("{}: not a string", key));
  const auto& text = found->get_ref<const std::string&>();
  if (text.empty() || text.starts_with("0001-01-01T00:00:00")) return OkStatus();
  StatusOr<Timestamp> at = ParseTime(text);
  if (!at.ok()) return at.status().With(key);
  out = *at;
  return OkStatus();
}

StatusOr<ExternalAlert> ReadAlert(const Json& json) {
  if (!json.is_object()) return InvalidArgument("not an object");
  ExternalAlert alert;
  FW_RETURN_IF_ERROR(ReadPairs(json, "labels", alert.labels));
  FW_RETURN_IF_ERROR(ReadPairs(json, "annotations", alert.annotations));
  FW_RETURN_IF_ERROR(ReadTimeField(json, "startsAt", alert.starts_at));
  FW_RETURN_IF_ERROR(ReadTimeField(json, "endsAt", alert.ends_at));
  if (alert.starts_at && alert.ends_at && *alert.ends_at < *alert.starts_at) {
    return InvalidArgument("endsAt: before startsAt");
  }
  auto url = json.find("generatorURL");
  if (url != json.end() && url->is_string()) alert.generator_url = url->get<std::string>();
  std::erase_if(alert.labels, [](const Labels::Pair& pair) { return pair.second.empty(); });
  for (const auto& [name, value] : alert.labels) {
    if (name == "alertname") alert.name = value;
    if (name == kMetricName) return InvalidArgument("labels: __name__ is not a label of alerts");
  }
  if (alert.name.empty()) return InvalidArgument("labels: there is no alertname");
  return alert;
}

Severity SeverityOf(const ExternalAlert& alert) {
  for (const auto& [name, value] : alert.labels) {
    if (name != "severity") continue;
    if (value == "critical" || value == "page" || value == "fatal") return Severity::kCritical;
    if (value == "error" || value == "high" || value == "major") return Severity::kError;
    if (value == "info" || value == "none" || value == "low") return Severity::kInfo;
  }
  return Severity::kWarning;
}

std::string_view Annotation(const ExternalAlert& alert, std::string_view wanted) {
  for (const auto& [name, value] : alert.annotations) {
    if (name == wanted) return value;
  }
  return {};
}

Event EventOf(const ExternalAlert& alert, bool is_active, Timestamp now) {
  Event event;
  event.at = is_active ? alert.starts_at.value_or(now) : alert.ends_at.value_or(now);
  event.severity = is_active ? SeverityOf(alert) : Severity::kInfo;
  event.source = "alertmanager:" + alert.name;
  event.code = alert.name;
  std::string_view summary = Annotation(alert, "summary");
  if (summary.empty()) summary = Annotation(alert, "description");
  event.message = fmt::format("{} {}{}{}", alert.name, is_active ? "is firing" : "is resolved",
                              summary.empty() ? "" : ": ", summary);
  event.template_text = MessageTemplate(event.message);
  for (const auto& [name, value] : alert.labels) event.attributes.emplace_back(name, value);
  if (!alert.generator_url.empty()) {
    event.attributes.emplace_back("generator_url", alert.generator_url);
  }
  return event;
}

// The same for each sending of one beginning or end.
Fingerprint IdentityOf(const ExternalAlert& alert, bool is_active) {
  Fingerprint id = Fingerprint::Of(is_active ? "firing" : "resolved");
  if (alert.starts_at) id = id.Add(FormatTime(*alert.starts_at));
  if (!alert.starts_at && !is_active) id = id.Add(FormatTime(*alert.ends_at));
  for (const auto& [name, value] : alert.labels) id = id.Add(name).Add(value);
  return id;
}

void AddSample(const ExternalAlert& alert, bool is_active, Timestamp now, BatchBuilder& out) {
  std::vector<Labels::Pair> labels = {{std::string(kMetricName), "external_alert"},
                                      {"alert", alert.name}};
  for (const auto& [name, value] : alert.labels) {
    if (name == "alertname") continue;
    labels.emplace_back(name, value);
    if (name != "alert") continue;
    auto taken = [&](const Labels::Pair& pair) { return pair.first == labels.back().first; };
    do {
      labels.back().first.insert(0, "exported_");
    } while (std::ranges::any_of(alert.labels, taken));
  }
  out.AddSample(out.AddSeries(std::move(labels)), ToMillis(now), is_active ? 1 : 0);
}

}  // namespace

Status ReadExternalAlerts(std::string_view body, Timestamp now, BatchBuilder& out) {
  FW_RETURN_IF_ERROR(CheckJsonParts(body));
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) {
    return InvalidArgument(
        "the body is not a JSON array of alerts, as Alertmanager's API v2 takes it");
  }
  for (size_t i = 0; i < json.size(); ++i) {
    StatusOr<ExternalAlert> alert = ReadAlert(json[i]);
    if (!alert.ok()) {
      out.Refuse(1, alert.status().With(fmt::format("alert {}", i)).message());
      continue;
    }
    std::ranges::sort(alert->labels);
    bool is_active = alert->active(now);
    uint64_t refused = out.refused();
    AddSample(*alert, is_active, now, out);
    if (out.refused() > refused) continue;
    // One that began longer ago than we take events for is an alert all the same.
    Event event = EventOf(*alert, is_active, now);
    event.at = std::clamp(event.at, now - out.limits().accepted_age, now);
    out.AddEvent(std::move(event), IdentityOf(*alert, is_active));
  }
  return OkStatus();
}

}  // namespace forewarn
