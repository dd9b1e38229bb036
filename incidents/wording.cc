#include "incidents/wording.h"

#include <fmt/format.h>

#include "base/units.h"

namespace forewarn {
namespace {

constexpr size_t kTitleBytes = 200;
constexpr size_t kValueBytes = 1000;

// Labels that every alert of a ticket has, or that its other lines already say.
bool IsCommon(std::string_view name) {
  return name == "alertname" || name == "customer" || name == "installation" ||
         name == "severity" || name == "job" || name == "probe";
}

std::string TellingLabels(const Alert& alert) {
  Labels telling;
  for (const auto& [name, value] : alert.labels) {
    if (!IsCommon(name)) telling.Set(name, value);
  }
  return telling.empty() ? "" : telling.ToString();
}

std::string ValueOf(const Alert& alert) {
  std::string_view said = Annotation(alert, "value");
  return said.empty() ? fmt::format("{:g}", alert.value) : OneLine(said, kValueBytes);
}

}  // namespace

std::string_view Annotation(const Alert& alert, std::string_view name) {
  for (const auto& [key, value] : alert.annotations) {
    if (key == name) return value;
  }
  return {};
}

std::string OneLine(std::string_view text, size_t max_bytes) {
  static constexpr std::string_view kEllipsis = "…";
  std::string out(text.substr(0, max_bytes));
  if (out.size() < text.size()) {
    size_t end = max_bytes - kEllipsis.size();
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
    out += kEllipsis;
  }
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::string TitleOf(const Alert& alert) {
  std::string_view summary = Annotation(alert, "summary");
  if (!summary.empty()) return OneLine(fmt::format("{}: {}", alert.rule, summary), kTitleBytes);
  std::string labels = TellingLabels(alert);
  return OneLine(labels.empty() ? alert.rule : alert.rule + " " + labels, kTitleBytes);
}

std::string DescriptionOf(const Alert& alert) {
  std::string out;
  auto line = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) out += fmt::format("{}: {}\n", name, OneLine(text, kValueBytes));
  };
  std::string_view summary = Annotation(alert, "summary");
  line("What", summary.empty() ? std::string_view(alert.rule) : summary);
  line("Details", Annotation(alert, "description"));
  line("Where", fmt::format("customer {}, installation {}", alert.customer, alert.installation));
  line("Since", FormatTime(alert.active_since));
  line("Value", ValueOf(alert));
  line("Expected", Annotation(alert, "expected"));
  if (alert.predicted_breach) line("Failure expected at", FormatTime(*alert.predicted_breach));
  line("Likely cause", Annotation(alert, "cause"));
  line("Next step", Annotation(alert, "next_step"));
  line("Playbook", alert.playbook);
  line("Rule", fmt::format("{} (group {})", alert.rule, alert.group));
  line("Labels", alert.labels.ToString());
  out.pop_back();
  return out;
}

std::string LineOf(const Alert& alert) {
  std::string out = OneLine(alert.rule + TellingLabels(alert), kValueBytes);
  switch (alert.state) {
    case AlertState::kPending: out += " is pending"; break;
    case AlertState::kFiring: out += " is firing"; break;
    case AlertState::kUnknown:
      out += alert.unknown_reason == UnknownReason::kContactLost ? " is unknown, contact was lost;"
                                                                 : " is unknown, its data stopped;";
      out += " it was firing";
      break;
    case AlertState::kResolved: out += " is resolved; it was firing"; break;
    case AlertState::kEnded:
      out += " ended without proof, its series or its rule is gone; it was firing";
      break;
  }
  out += fmt::format(" since {}", FormatTime(alert.active_since));
  if (alert.state == AlertState::kFiring) {
    out += fmt::format(", value {}", ValueOf(alert));
    if (alert.predicted_breach) {
      out += fmt::format(", failure expected at {}", FormatTime(*alert.predicted_breach));
    }
  } else if (alert.ended_at) {
    out += fmt::format(" until {}", FormatTime(*alert.ended_at));
  }
  return out;
}

}  // namespace forewarn
