#include "model/incident.h"

#include <charconv>

namespace forewarn {

std::string TicketName(uint64_t number) { return "FW-" + std::to_string(number); }

std::optional<uint64_t> ParseTicketName(std::string_view name) {
  if (name.starts_with("FW-")) name.remove_prefix(3);
  if (name.empty() || (name.size() > 1 && name.front() == '0')) return std::nullopt;
  uint64_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

std::string_view TicketStateName(TicketState state) {
  switch (state) {
    case TicketState::kOpen: return "open";
    case TicketState::kAcknowledged: return "acknowledged";
    case TicketState::kResolved: return "resolved";
    case TicketState::kClosed: return "closed";
  }
  return "invalid";
}

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kInfo: return "info";
    case Severity::kWarning: return "warning";
    case Severity::kError: return "error";
    case Severity::kCritical: return "critical";
  }
  return "invalid";
}

std::optional<Severity> ParseSeverity(std::string_view name) {
  for (Severity s : {Severity::kInfo, Severity::kWarning, Severity::kError, Severity::kCritical}) {
    if (SeverityName(s) == name) return s;
  }
  return std::nullopt;
}

Severity SeverityOf(const Alert& alert) {
  return ParseSeverity(alert.labels.Get("severity")).value_or(Severity::kWarning);
}

}  // namespace forewarn
