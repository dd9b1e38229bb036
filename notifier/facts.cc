#include "notifier/facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace forewarn {
namespace {

constexpr size_t kFactBytes = 2000;
constexpr size_t kOthersInFull = 10;
constexpr size_t kIdsInFull = 100;

// At most kFactBytes, cut on a character's border.
std::string Bounded(std::string_view text) {
  if (text.size() <= kFactBytes) return std::string(text);
  size_t end = kFactBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

void Set(Facts& facts, std::string name, std::string_view value) {
  if (!value.empty()) facts[std::move(name)] = Bounded(value);
}

std::string_view Annotation(const Alert& alert, std::string_view name, std::string_view locale) {
  std::string_view found;
  std::string translated = fmt::format("{}_{}", name, LanguageOf(locale));
  for (const auto& [key, value] : alert.annotations) {
    if (key == translated) return value;
    if (key == name) found = value;
  }
  return found;
}

std::string_view Summary(const Alert& alert, std::string_view locale) {
  std::string_view summary = Annotation(alert, "summary", locale);
  return summary.empty() ? std::string_view(alert.rule) : summary;
}

bool IsMoreUrgent(const Alert* a, const Alert* b) {
  if (a->predicted_breach != b->predicted_breach) {
    if (!a->predicted_breach || !b->predicted_breach) return a->predicted_breach.has_value();
    return *a->predicted_breach < *b->predicted_breach;
  }
  return SeverityOf(*a) > SeverityOf(*b);
}

void AddAlert(const Alert& alert, std::string_view locale, Timestamp arrival, Facts& facts) {
  Set(facts, "summary", Summary(alert, locale));
  std::string_view value = Annotation(alert, "value", locale);
  Set(facts, "value", value.empty() ? fmt::format("{:g}", alert.value) : value);
  for (std::string_view name : {"description", "expected", "cause", "next_step"}) {
    Set(facts, std::string(name), Annotation(alert, name, locale));
  }
  Set(facts, "playbook", alert.playbook);
  Set(facts, "since_at", FormatTime(alert.active_since));
  if (alert.predicted_breach) {
    Set(facts, "predicted_at", FormatTime(*alert.predicted_breach));
    if (*alert.predicted_breach > arrival) {
      Set(facts, "lead", FormatDuration(*alert.predicted_breach - arrival));
    }
  }
  for (const auto& [name, value] : alert.labels) {
    Set(facts, fmt::format("label.{}", name), value);
  }
}

}  // namespace

std::string_view LanguageOf(std::string_view locale) { return locale.substr(0, locale.find('-')); }

Facts FactsOf(const IncidentChange& change, std::span<const Alert* const> alerts,
              const Customer* customer, std::string_view locale, Timestamp arrival) {
  const Ticket& ticket = change.ticket;
  Facts facts;
  Set(facts, "ticket", TicketName(ticket.number));
  Set(facts, "title", ticket.title);
  Set(facts, "severity", SeverityName(ticket.severity));
  Set(facts, "customer", ticket.customer);
  Set(facts, "customer_name",
      customer == nullptr || customer->name.empty() ? ticket.customer : customer->name);
  Set(facts, "installation", ticket.installation);
  Set(facts, "rule", ticket.rule);
  Set(facts, "since_at", FormatTime(ticket.problem_since));
  if (ticket.previous != 0) Set(facts, "previous", TicketName(ticket.previous));
  if (change.late) Set(facts, "late", "yes");
  if (customer != nullptr) {
    Set(facts, "owner", customer->owner);
    Set(facts, "owner_email", customer->owner_email);
  }
  if (alerts.empty()) return facts;

  std::vector<const Alert*> by_urgency(alerts.begin(), alerts.end());
  std::stable_sort(by_urgency.begin(), by_urgency.end(), IsMoreUrgent);
  AddAlert(*by_urgency.front(), locale, arrival, facts);
  std::string ids;
  std::string others;
  for (size_t i = 0; i < by_urgency.size(); ++i) {
    if (i < kIdsInFull) ids += (i == 0 ? "" : " ") + by_urgency[i]->id.ToString();
    if (i == 0 || i > kOthersInFull) continue;
    if (i > 1) others += "; ";
    others += Summary(*by_urgency[i], locale);
  }
  facts["alert_ids"] = std::move(ids);
  if (by_urgency.size() > 1) {
    if (by_urgency.size() - 1 > kOthersInFull) others += "; …";
    Set(facts, "more", std::to_string(by_urgency.size() - 1));
    Set(facts, "others", others);
  }
  return facts;
}

void AddEnding(const Ticket& ticket, Facts& facts) {
  if (ticket.resolved_at) Set(facts, "resolved_at", FormatTime(*ticket.resolved_at));
  if (ticket.problem_until) Set(facts, "cleared_at", FormatTime(*ticket.problem_until));
  if (ticket.prevented) Set(facts, "prevented", "yes");
  if (ticket.unproven) Set(facts, "unproven", "yes");
}

Attributes ToAttributes(Facts facts) {
  Attributes out;
  out.reserve(facts.size());
  for (auto& [name, value] : facts) out.emplace_back(name, std::move(value));
  return out;
}

Facts FromAttributes(const Attributes& attributes) {
  return {attributes.begin(), attributes.end()};
}

}  // namespace forewarn
