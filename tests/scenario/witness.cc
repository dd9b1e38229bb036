#include "tests/scenario/witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/record.h"
#include "base/units.h"

namespace forewarn {
namespace {

bool IsAbout(const ScenarioExpectation& expectation, const Alert& alert) {
  if (alert.rule != expectation.name) return false;
  return std::ranges::all_of(expectation.labels, [&](const Labels::View& label) {
    return alert.labels.Get(label.first) == label.second;
  });
}

size_t CountTickets(const IncidentManager& incidents, const std::string& rule) {
  return static_cast<size_t>(std::ranges::count_if(incidents.tickets(), [&](const auto& item) {
    return rule.empty() || item.second.rule == rule;
  }));
}

}  // namespace

const Ticket* NewestTicket(const IncidentManager& incidents, const std::string& rule) {
  const Ticket* newest = nullptr;
  for (const auto& [number, ticket] : incidents.tickets()) {
    if (rule.empty() || ticket.rule == rule) newest = &ticket;
  }
  return newest;
}

void Witness::Remember(const Commit& commit) {
  for (const HistoryRow& row : commit.history) {
    if (row.kind != HistoryKind::kAlert) continue;
    AlertChange change = *DecodeRecord<AlertChange>(row.record);
    history_.push_back(fmt::format(
        "{} {} {} -> {}{}{}{} since {}", FormatTime(change.at), change.alert.labels.ToString(),
        change.before ? AlertStateName(*change.before) : "none", AlertStateName(change.alert.state),
        change.alert.unknown_reason == UnknownReason::kSeriesGone ? " (gone)" : "",
        change.plan ? "" : " unplanned", change.late ? " late" : "",
        FormatTime(change.alert.active_since)));
    alerts_[change.alert.id] = change.alert;
    changes_.push_back(std::move(change));
  }
  for (const Notification& message : commit.outbox) {
    history_.push_back(fmt::format("message {} {} to {}: {}", message.id, message.template_id,
                                   message.receiver, static_cast<int>(message.state)));
    messages_[message.id] = message;
  }
  for (const StatePut& put : commit.state) {
    if (put.kind == StateKind::kTimeline) {
      TimelineItem item = *DecodeRecord<TimelineItem>(put.record);
      history_.push_back(fmt::format("{} {}: {} {}", FormatTime(item.at), TicketName(item.ticket),
                                     item.what, item.text));
    }
  }
}

size_t Witness::CountMessages(Audience audience, DeliveryState state) const {
  return static_cast<size_t>(std::ranges::count_if(messages_, [&](const auto& item) {
    return item.second.audience == audience && item.second.state == state;
  }));
}

// What a failure shows: the story so far.
std::string Witness::Seen() const {
  std::string seen = "\nWhat happened so far:";
  for (const std::string& line : history_) seen += "\n  " + line;
  return seen;
}

Status Witness::Check(const ScenarioExpectation& expectation,
                      const IncidentManager& incidents) const {
  using Kind = ScenarioExpectation::Kind;
  auto fail = [&](std::string_view why) {
    return FailedPrecondition(
        fmt::format("line {}: {}\n  {}{}", expectation.line, expectation.text, why, Seen()));
  };
  switch (expectation.kind) {
    case Kind::kAlert: {
      const Alert* found = nullptr;
      bool is_there = false;
      for (const auto& [id, alert] : alerts_) {
        if (!IsAbout(expectation, alert)) continue;
        found = &alert;
        is_there |= AlertStateName(alert.state) == expectation.state &&
                    (!expectation.since || alert.active_since == kStoryStart + *expectation.since);
      }
      if (expectation.state == "none" ? found == nullptr : is_there) return OkStatus();
      if (found == nullptr) return fail("there is no such alert");
      return fail(fmt::format("it is {} since {}", AlertStateName(found->state),
                              FormatDuration(found->active_since - kStoryStart)));
    }
    case Kind::kIncident: {
      const Ticket* ticket = NewestTicket(incidents, expectation.name);
      if (ticket == nullptr) return fail("there is no ticket");
      std::string_view state = TicketStateName(ticket->state);
      if (state != (expectation.state == "opened" ? "open" : expectation.state)) {
        return fail(fmt::format("{} is {}", TicketName(ticket->number), state));
      }
      break;
    }
    case Kind::kTickets: break;
    case Kind::kLead: {
      const Ticket* ticket = NewestTicket(incidents, "");
      if (ticket == nullptr || !ticket->predicted_breach)
        return fail("no ticket predicts anything");
      Duration lead = *ticket->predicted_breach - (kStoryStart + *expectation.at);
      if (expectation.is_under ? lead >= *expectation.since : lead <= *expectation.since)
        return fail(fmt::format("{} are left", FormatDuration(lead)));
      return OkStatus();
    }
    default: {
      bool is_warning =
          expectation.kind == Kind::kWarningSent || expectation.kind == Kind::kWarningSuppressed;
      bool is_sent =
          expectation.kind == Kind::kWarningSent || expectation.kind == Kind::kNoticeSent;
      size_t count =
          CountMessages(is_warning ? Audience::kCustomer : Audience::kSupport,
                        is_sent ? DeliveryState::kDelivered : DeliveryState::kSuppressed);
      if (expectation.count ? count == *expectation.count : count > 0) return OkStatus();
      return fail(fmt::format("there are {}", count));
    }
  }
  size_t count = CountTickets(incidents, expectation.name);
  if (expectation.count && count != *expectation.count)
    return fail(fmt::format("there are {}", count));
  return OkStatus();
}

Status Witness::CheckNever(const ScenarioExpectation& expectation,
                           const IncidentManager& incidents) const {
  using Kind = ScenarioExpectation::Kind;
  bool is_broken = false;
  switch (expectation.kind) {
    case Kind::kAlert:
      is_broken = std::ranges::any_of(changes_, [&](const AlertChange& change) {
        return IsAbout(expectation, change.alert) &&
               AlertStateName(change.alert.state) == expectation.state;
      });
      break;
    case Kind::kIncident: is_broken = CountTickets(incidents, expectation.name) > 0; break;
    case Kind::kWarningSent:
      is_broken = CountMessages(Audience::kCustomer, DeliveryState::kDelivered) > 0;
      break;
    case Kind::kNoticeSent:
      is_broken = CountMessages(Audience::kSupport, DeliveryState::kDelivered) > 0;
      break;
    default:
      return InvalidArgument(fmt::format("line {}: this cannot be 'never'", expectation.line));
  }
  if (!is_broken) return OkStatus();
  return FailedPrecondition(
      fmt::format("line {}: {}\n  it happened{}", expectation.line, expectation.text, Seen()));
}

}  // namespace forewarn
