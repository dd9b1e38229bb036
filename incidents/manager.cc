#include "incidents/manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/units.h"
#include "incidents/wording.h"
#include "model/ids.h"

namespace forewarn {
namespace {

constexpr std::string_view kForewarn = "forewarn";

bool IsOver(AlertState state) {
  return state == AlertState::kResolved || state == AlertState::kEnded;
}

// A step that becomes kUnknown is news to nobody: one that somebody has to hear of stays on its own.
bool CanMerge(const IncidentChange& newest, IncidentStep next) {
  switch (next) {
    case IncidentStep::kUpdated:
      return newest.step == IncidentStep::kOpened || newest.step == IncidentStep::kReopened ||
             newest.step == IncidentStep::kUpdated;
    case IncidentStep::kUnknown:
      return newest.step == IncidentStep::kUnknown ||
             (newest.step == IncidentStep::kUpdated && newest.joined.empty() &&
              !newest.severity_raised);
    default: return false;
  }
}

}  // namespace

Fingerprint CorrelationKey(const Alert& alert) {
  return Fingerprint::Of(alert.customer)
      .Add(alert.installation)
      .Add(alert.rule)
      .Add(alert.group_key);
}

struct IncidentManager::Work {
  struct OfTicket {
    size_t newest = 0;       // in `out`
    size_t alert_lines = 0;  // wanted; those beyond kAlertLines are summed up
  };

  const Entry& entry;
  std::vector<IncidentChange>& out;
  std::map<uint64_t, OfTicket> tickets;  // those that changed
};

IncidentManager::IncidentManager(uint32_t partition) : partition_(partition) {}

void IncidentManager::Restore(Ticket ticket) {
  uint64_t number = ticket.number;
  FW_CHECK(number % kPartitions == partition_ % kPartitions && !tickets_.contains(number));
  next_ = std::max(next_, (number - partition_) / kPartitions + 1);
  by_key_.emplace(ticket.key, number);
  held_.Restore(ticket);
  over_.Add(ticket);
  tickets_.emplace(number, std::move(ticket));
}

const Ticket* IncidentManager::Find(uint64_t number) const {
  auto at = tickets_.find(number);
  return at == tickets_.end() ? nullptr : &at->second;
}

void IncidentManager::AddLine(TimelineItem& line) {
  auto at = tickets_.find(line.ticket);
  FW_CHECK(at != tickets_.end());
  line.index = at->second.timeline_size++;
}

Status IncidentManager::Apply(const Entry& entry, std::span<const AlertChange> alerts,
                              std::vector<IncidentChange>& out) {
  Work work{entry, out, {}};
  if (const auto* command = std::get_if<forewarn::Command>(&entry.what)) {
    if (const auto* ticket = std::get_if<TicketCommand>(command)) {
      FW_RETURN_IF_ERROR(Command(*ticket, work));
    }
  }
  for (const AlertChange& change : alerts) {
    if (change.plan) Take(change, work);
  }
  for (const auto& [number, done] : work.tickets) {
    Ticket& ticket = tickets_.at(number);
    IncidentChange& newest = out[done.newest];
    if (done.alert_lines > kAlertLines) {
      Line(ticket, newest, work, "alerts_changed",
           fmt::format("and {} more changes of its alerts", done.alert_lines - kAlertLines));
    }
    newest.ticket = ticket;
    over_.Add(ticket);
  }
  return OkStatus();
}

std::optional<OverTickets::Over> IncidentManager::FirstOver() const {
  return tickets_.empty() ? std::nullopt : over_.First(tickets_.rbegin()->first);
}

Ticket IncidentManager::Forget(uint64_t number) {
  Ticket ticket = std::move(tickets_.extract(number).mapped());
  over_.Remove(ticket);
  by_key_.erase({ticket.key, number});
  return ticket;
}

// --- What people do. Everything is checked before anything changes. ---

Status IncidentManager::Command(const TicketCommand& command, Work& work) {
  auto at = tickets_.find(command.ticket);
  std::string name = TicketName(command.ticket);
  if (at == tickets_.end()) return NotFound(fmt::format("there is no ticket {}", name));
  Ticket& ticket = at->second;
  for (const std::string* text : {&command.text, &command.cause}) {
    if (text->size() > kTextBytesMax) {
      return InvalidArgument(
          fmt::format("{}: a text of {} bytes; at most {}", name, text->size(), kTextBytesMax));
    }
  }
  Timestamp now = work.entry.arrival;
  const std::string& actor = work.entry.actor;
  auto line = [&](IncidentStep step, std::string what, std::string text) {
    IncidentChange& change = Step(ticket, step, false, work);
    Line(ticket, change, work, std::move(what), std::move(text));
    change.timeline.back().actor = actor;
    change.timeline.back().customer_visible = command.customer_visible;
  };

  switch (command.act) {
    case TicketCommand::Act::kAcknowledge:
      if (ticket.state == TicketState::kAcknowledged) {
        return FailedPrecondition(fmt::format("{} was acknowledged by {} at {}", name,
                                              ticket.acknowledged_by,
                                              FormatTime(*ticket.acknowledged_at)));
      }
      if (ticket.state != TicketState::kOpen) {
        return FailedPrecondition(fmt::format("{} is {}: there is nothing to acknowledge", name,
                                              TicketStateName(ticket.state)));
      }
      line(IncidentStep::kAcknowledged, "acknowledged",
           command.text.empty() ? "acknowledged" : command.text);
      ticket.state = TicketState::kAcknowledged;
      ticket.acknowledged_at = now;
      ticket.acknowledged_by = actor;
      if (ticket.owner.empty()) ticket.owner = actor;
      return OkStatus();

    case TicketCommand::Act::kClose: {
      if (ticket.state == TicketState::kClosed) {
        return FailedPrecondition(
            fmt::format("{} was closed at {}", name, FormatTime(*ticket.closed_at)));
      }
      std::string text = command.cause.empty() ? "closed" : "closed, cause " + command.cause;
      if (!command.text.empty()) text += ": " + command.text;
      size_t held = ticket.alerts.size() + ticket.more_alerts.size();
      if (held > 0) text += fmt::format(" ({} alerts not yet resolved)", held);
      line(IncidentStep::kClosed, "closed", std::move(text));
      ticket.state = TicketState::kClosed;
      ticket.closed_at = now;
      if (!ticket.resolved_at) ticket.resolved_at = now;
      ticket.cause = command.cause;
      ticket.resolution = command.text;
      return OkStatus();
    }

    case TicketCommand::Act::kNote:
      if (command.text.empty()) return InvalidArgument(fmt::format("{}: the note is empty", name));
      line(IncidentStep::kUpdated, "note", command.text);
      return OkStatus();
  }
  return InvalidArgument(fmt::format("{}: unknown act {}", name, static_cast<int>(command.act)));
}

// --- What alerts do. ---

void IncidentManager::Take(const AlertChange& change, Work& work) {
  const Alert& alert = change.alert;
  std::optional<uint64_t> holder = held_.HolderOf(alert.id);
  if (!holder) {
    // Nothing else can begin an incident: what is unknown or over and held by nobody was never
    // told.
    if (alert.state == AlertState::kFiring) Fire(change, work);
    return;
  }
  Ticket& ticket = tickets_.at(*holder);
  if (IsOver(alert.state)) {
    Leave(ticket, change, work);
  } else if (alert.state != AlertState::kPending) {
    Move(ticket, change, work);
  }
}

Ticket* IncidentManager::Newest(Fingerprint key) {
  auto after = by_key_.upper_bound({key, UINT64_MAX});
  const bool found = after != by_key_.begin() && (--after)->first == key;
  return found ? &tickets_.at(after->second) : nullptr;
}

void IncidentManager::Fire(const AlertChange& change, Work& work) {
  Ticket* newest = Newest(CorrelationKey(change.alert));
  if (newest == nullptr) return Open(change, 0, work);
  Ticket& ticket = *newest;
  switch (ticket.state) {
    case TicketState::kOpen:
    case TicketState::kAcknowledged: {
      IncidentChange& step = Step(ticket, IncidentStep::kUpdated, change.late, work);
      return Join(ticket, change, step, work);
    }
    case TicketState::kResolved: {
      bool recent = change.at <= ticket.problem_until.value_or(*ticket.resolved_at) + kReopenWindow;
      bool from_before = change.late && change.at <= *ticket.resolved_at;
      if (recent && !from_before) return Reopen(ticket, change, work);
      break;
    }
    case TicketState::kClosed: break;
  }
  Open(change, ticket.number, work);
}

void IncidentManager::Open(const AlertChange& change, uint64_t previous, Work& work) {
  const Alert& alert = change.alert;
  uint64_t number = next_++ * kPartitions + partition_;
  Ticket& ticket = tickets_[number];
  ticket.number = number;
  ticket.customer = alert.customer;
  ticket.installation = alert.installation;
  ticket.rule = alert.rule;
  ticket.key = CorrelationKey(alert);
  ticket.title = TitleOf(alert);
  ticket.description = DescriptionOf(alert);
  ticket.severity = SeverityOf(alert);
  ticket.opened_at = work.entry.arrival;
  ticket.problem_since = alert.active_since;
  ticket.late = change.late;
  ticket.previous = previous;
  by_key_.emplace(ticket.key, number);

  IncidentChange& step = Step(ticket, IncidentStep::kOpened, change.late, work);
  std::string text = ticket.title;
  if (previous != 0) text += fmt::format(" (before: {})", TicketName(previous));
  if (change.late)
    text += fmt::format(" (from data that arrived late: it is about {})", FormatTime(change.at));
  Line(ticket, step, work, "opened", std::move(text));
  Join(ticket, change, step, work);
}

void IncidentManager::Reopen(Ticket& ticket, const AlertChange& change, Work& work) {
  IncidentChange& step = Step(ticket, IncidentStep::kReopened, change.late, work);
  Line(ticket, step, work, "reopened",
       fmt::format("the problem is back, {} after it ended",
                   FormatDuration(std::max(Duration(0), change.at - ticket.problem_until.value_or(
                                                                        *ticket.resolved_at)))));
  ticket.state = TicketState::kOpen;
  ticket.acknowledged_at.reset();
  ticket.acknowledged_by.clear();
  ticket.resolved_at.reset();
  ticket.problem_until.reset();
  ticket.predicted_breach.reset();
  ticket.prevented = false;
  ticket.unproven = false;
  Join(ticket, change, step, work);
}

void IncidentManager::Join(Ticket& ticket, const AlertChange& change, IncidentChange& step,
                           Work& work) {
  const Alert& alert = change.alert;
  held_.Hold(ticket, alert);
  ticket.problem_since = std::min(ticket.problem_since, alert.active_since);
  AlertLine(ticket, step, work, "alert_firing", LineOf(alert));
  RaiseSeverity(ticket, alert, step, work);
  MovePrediction(ticket, step, work);
  step.joined.push_back(alert);
}

// An alert that stays: its value or prediction moved, or it became unknown or known again.
void IncidentManager::Move(Ticket& ticket, const AlertChange& change, Work& work) {
  const Alert& alert = change.alert;
  AlertState before = HeldAlerts::StateIn(ticket, alert.id);
  bool last_known = before == AlertState::kFiring && alert.state == AlertState::kUnknown &&
                    held_.FiringIn(ticket.number) == 1;
  bool is_work = ticket.state == TicketState::kOpen || ticket.state == TicketState::kAcknowledged;
  IncidentStep kind = last_known && is_work ? IncidentStep::kUnknown : IncidentStep::kUpdated;

  IncidentChange& step = Step(ticket, kind, change.late, work);
  held_.Hold(ticket, alert);
  if (before != alert.state) {
    AlertLine(ticket, step, work,
              alert.state == AlertState::kUnknown ? "alert_unknown" : "alert_firing",
              LineOf(alert));
  }
  RaiseSeverity(ticket, alert, step, work);
  MovePrediction(ticket, step, work);
}

void IncidentManager::Leave(Ticket& ticket, const AlertChange& change, Work& work) {
  const Alert& alert = change.alert;
  bool is_last = ticket.alerts.size() + ticket.more_alerts.size() == 1;
  bool is_work = ticket.state != TicketState::kClosed;
  IncidentStep kind = is_last && is_work ? IncidentStep::kResolved : IncidentStep::kUpdated;

  IncidentChange& step = Step(ticket, kind, change.late, work);
  held_.Release(ticket, alert);
  step.left.push_back(alert);
  Timestamp end = alert.ended_at.value_or(change.at);
  ticket.problem_until = std::max(ticket.problem_until.value_or(end), end);
  bool proven = alert.state == AlertState::kResolved;
  if (!proven) ticket.unproven = true;
  AlertLine(ticket, step, work, proven ? "alert_resolved" : "alert_ended", LineOf(alert));
  if (!is_last) return MovePrediction(ticket, step, work);

  ticket.prevented = !ticket.unproven && ticket.predicted_breach &&
                     *ticket.problem_until < *ticket.predicted_breach;
  ticket.resolved_at = work.entry.arrival;
  if (!is_work) return;
  ticket.state = TicketState::kResolved;
  std::string text = "all alerts are resolved";
  if (ticket.unproven) text = "no alert is left, but not all were proven to be resolved";
  if (ticket.prevented) {
    text += fmt::format(", {} before the predicted failure",
                        FormatDuration(*ticket.predicted_breach - *ticket.problem_until));
  }
  Line(ticket, step, work, "resolved", std::move(text));
}

// --- The pieces. ---

void IncidentManager::RaiseSeverity(Ticket& ticket, const Alert& alert, IncidentChange& step,
                                    Work& work) {
  Severity severity = SeverityOf(alert);
  if (severity <= ticket.severity) return;
  Line(ticket, step, work, "severity_raised",
       fmt::format("from {} to {}", SeverityName(ticket.severity), SeverityName(severity)));
  ticket.severity = severity;
  step.severity_raised = true;
}

// The earliest prediction of the alerts it holds in full. When none predicts any more, the last one
// stays: it is what `prevented` is measured against.
void IncidentManager::MovePrediction(Ticket& ticket, IncidentChange& step, Work& work) {
  std::optional<Timestamp> earliest;
  const Alert* by = nullptr;
  for (const Alert& alert : ticket.alerts) {
    if (!alert.predicted_breach || (earliest && *earliest <= *alert.predicted_breach)) continue;
    earliest = alert.predicted_breach;
    by = &alert;
  }
  if (!earliest || ticket.predicted_breach == earliest) return;
  if (ticket.predicted_breach &&
      IsPredictionNews(ticket.predicted_breach, earliest, by->last_true)) {
    Line(ticket, step, work, "prediction_moved",
         fmt::format("failure is now expected at {}, before: {}", FormatTime(*earliest),
                     FormatTime(*ticket.predicted_breach)));
  }
  ticket.predicted_breach = earliest;
}

// The change that this step is part of: the ticket's newest of this entry, or a new one. The
// reference is good until the next call.
IncidentChange& IncidentManager::Step(Ticket& ticket, IncidentStep step, bool late, Work& work) {
  auto [at, is_first] = work.tickets.try_emplace(ticket.number);
  if (!is_first) {
    IncidentChange& newest = work.out[at->second.newest];
    if (CanMerge(newest, step)) {
      if (step == IncidentStep::kUnknown) newest.step = step;
      newest.late = newest.late || late;
      return newest;
    }
    newest.ticket = ticket;  // as that step left it
  } else {
    over_.Remove(ticket);  // until Apply() is done with it
  }
  at->second.newest = work.out.size();
  IncidentChange& added = work.out.emplace_back();
  added.step = step;
  added.late = late;
  return added;
}

void IncidentManager::Line(Ticket& ticket, IncidentChange& step, Work& work, std::string what,
                           std::string text) {
  step.timeline.push_back({ticket.number, ticket.timeline_size++, work.entry.arrival,
                           std::string(kForewarn), std::move(what), std::move(text), false});
}

void IncidentManager::AlertLine(Ticket& ticket, IncidentChange& step, Work& work, std::string what,
                                std::string text) {
  if (work.tickets.at(ticket.number).alert_lines++ >= kAlertLines) return;
  Line(ticket, step, work, std::move(what), std::move(text));
}

}  // namespace forewarn
