#include "notifier/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <variant>

#include "base/check.h"
#include "base/units.h"
#include "notifier/catalogue.h"
#include "notifier/facts.h"

namespace forewarn {
namespace {

constexpr std::string_view kOpened = "ticket.opened";
constexpr std::string_view kUpdated = "ticket.updated";
constexpr std::string_view kResolved = "ticket.resolved";
constexpr std::string_view kReopened = "ticket.reopened";
constexpr std::string_view kContactLost = "contact_lost";
constexpr std::string_view kCleared = ".cleared";
// The alert that the rules raise for an installation that is silent.
constexpr std::string_view kContactLostRule = "ContactLost";

constexpr size_t kOutcomeBytes = 1000;

bool IsEnding(const Notification& notification) {
  return notification.template_id == kResolved || notification.template_id.ends_with(kCleared);
}

// Begins something that will have an end, which whoever heard of it must hear too.
bool IsBeginning(const Notification& notification) {
  return !IsEnding(notification) && notification.template_id != kUpdated &&
         notification.state != DeliveryState::kSuppressed;
}

// When to look at a notification again that a silence stopped; nothing when there is nothing to make
// up for.
std::optional<Timestamp> LookAtOf(const Notification& notification) {
  bool is_missed = notification.state == DeliveryState::kSuppressed &&
                   notification.next_attempt_at > notification.created_at;
  return is_missed ? std::optional(notification.next_attempt_at) : std::nullopt;
}

std::optional<Timestamp> ForgetAt(const Notification& notification) {
  if (!notification.settled_at) return std::nullopt;
  if (auto at = LookAtOf(notification)) return *at + Planner::kRemembered;
  bool long_kept = IsBeginning(notification) || notification.state == DeliveryState::kDead;
  return *notification.settled_at + (long_kept ? Planner::kRememberedLong : Planner::kRemembered);
}

// `7-42-0` is the first notification of entry 42 in partition 7.
std::pair<uint64_t, uint64_t> OrderOf(std::string_view id) {
  std::pair<uint64_t, uint64_t> order;
  size_t first = id.find('-');
  size_t second = id.find('-', first + 1);
  FW_CHECK(second != std::string_view::npos);
  auto read = [](std::string_view digits, uint64_t& number) {
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    FW_CHECK(error == std::errc() && end == digits.data() + digits.size());
  };
  read(id.substr(first + 1, second - first - 1), order.first);
  read(id.substr(second + 1), order.second);
  return order;
}

StatusOr<Matchers> ParseMatchers(const std::vector<std::string>& texts) {
  Matchers matchers;
  for (const std::string& text : texts) {
    FW_ASSIGN_OR_RETURN(Matcher matcher, ParseMatcher(text));
    matchers.push_back(std::move(matcher));
  }
  return matchers;
}

// A rule names its warning with or without the prefix. What the catalogue does not have is said in
// general terms, since a customer who is not warned is worse.
std::string WarningTemplateOf(const Alert& alert) {
  static constexpr std::string_view kPrefix = "warning.";
  std::string id = alert.warning_template;
  if (!id.starts_with(kPrefix)) id.insert(0, kPrefix);
  return HasTemplate(id) && HasTemplate(id + std::string(kCleared))
             ? id
             : std::string(Planner::kGenericWarning);
}

std::vector<const Alert*> Pointers(const std::vector<Alert>& alerts) {
  std::vector<const Alert*> out;
  for (const Alert& alert : alerts) out.push_back(&alert);
  return out;
}

// Who reads what a receiver gets, and in which form.
struct Reader {
  std::string locale = "en";
  std::string timezone = "UTC";
  std::vector<std::string> addresses;
  std::string problem;  // why nobody can be reached, or empty
};

Reader ReaderOf(Audience audience, const Receiver& receiver, const Customer* customer) {
  Reader reader;
  bool is_customer = audience == Audience::kCustomer;
  if (is_customer && customer != nullptr) {
    reader.locale = customer->locale;
    reader.timezone = customer->timezone;
  }
  if (receiver.kind != Receiver::Kind::kEmail) return reader;
  reader.addresses = receiver.to;
  if (!reader.addresses.empty()) return reader;
  if (!is_customer) {
    reader.problem = fmt::format(
        "receiver {} has no addresses, and what is for support never goes to a customer's "
        "contacts; "
        "give it a 'to'",
        receiver.id);
  } else if (customer == nullptr) {
    reader.problem = "the customer is not in the bundle; add it with its contacts";
  } else {
    for (const Person& person : customer->contacts) {
      if (!person.email.empty()) reader.addresses.push_back(person.email);
    }
    if (reader.addresses.empty()) {
      reader.problem =
          fmt::format("customer {} has no contact with an e-mail address; add one", customer->id);
    }
  }
  return reader;
}

std::string DescribeSilence(const Silence& silence) {
  return fmt::format("silence {} by {} until {}: {}", silence.id, silence.created_by,
                     FormatTime(silence.to), silence.comment);
}

std::string Addressees(const Notification& notification) {
  std::string out = notification.receiver;
  if (!notification.addresses.empty())
    out += fmt::format(" <{}>", fmt::join(notification.addresses, ", "));
  return out;
}

}  // namespace

struct Planner::Work {
  const Entry& entry;
  uint64_t sequence;
  Plan& plan;
  uint64_t next_index = 0;
};

struct Planner::Told {
  std::vector<const Alert*> alerts;  // that are not silenced
  const Silence* silence = nullptr;  // when all are
};

// --- State. ---

void Planner::SetBundle(const Bundle& bundle) {
  bundle_ = bundle;
  bundle_.rule_files.clear();  // of no use here
  bundle_.files.clear();
  routes_.clear();
  for (const Route& route : bundle_.routes) {
    StatusOr<Matchers> matchers = ParseMatchers(route.matchers);
    routes_.push_back({route, matchers.ok() ? *std::move(matchers) : Matchers{}});
  }
}

void Planner::Restore(Notification notification) {
  Index(notification);
  std::string id = notification.id;
  FW_CHECK(outbox_.emplace(std::move(id), std::move(notification)).second);
}

void Planner::Restore(Silence silence) {
  StatusOr<Matchers> matchers = ParseMatchers(silence.matchers);
  if (matchers.ok()) silence_matchers_[silence.id] = *std::move(matchers);
  std::string id = silence.id;
  silences_[id] = std::move(silence);
}

void Planner::Index(const Notification& notification) {
  by_ticket_[notification.ticket][OrderOf(notification.id)] = notification.id;
  if (auto at = ForgetAt(notification)) forget_.emplace(*at, notification.id);
  if (auto at = LookAtOf(notification)) stopped_.emplace(*at, notification.id);
}

void Planner::Forget(Work& work) {
  while (!forget_.empty() && forget_.begin()->first <= work.entry.arrival) {
    std::string id = forget_.begin()->second;
    forget_.erase(forget_.begin());
    auto of_ticket = by_ticket_.find(outbox_.at(id).ticket);
    of_ticket->second.erase(OrderOf(id));
    if (auto at = LookAtOf(outbox_.at(id))) stopped_.erase({*at, id});
    if (of_ticket->second.empty()) by_ticket_.erase(of_ticket);
    outbox_.erase(id);
    work.plan.forgotten.push_back(std::move(id));
  }
}

// --- The fold. ---

Status Planner::Apply(const Entry& entry, uint64_t sequence,
                      std::span<const IncidentChange> incidents, const FindTicket& find_ticket,
                      Plan& plan) {
  Work work{entry, sequence, plan};
  std::string expired_for;  // the customer whose silence a person ended
  if (const auto* command = std::get_if<forewarn::Command>(&entry.what)) {
    if (const auto* add = std::get_if<AddSilenceCommand>(command)) {
      FW_RETURN_IF_ERROR(Command(*add, work));
    } else if (const auto* expire = std::get_if<ExpireSilenceCommand>(command)) {
      FW_RETURN_IF_ERROR(Command(*expire, work));
      expired_for = silences_.at(expire->id).customer;
    } else if (const auto* delivery = std::get_if<DeliveryCommand>(command)) {
      Command(*delivery, work);
    }
  }
  Forget(work);
  for (const IncidentChange& change : incidents) {
    switch (change.step) {
      case IncidentStep::kOpened:
      case IncidentStep::kReopened:
      case IncidentStep::kUpdated:
        TellSupport(change, work);
        WarnCustomer(change, work);
        break;
      case IncidentStep::kResolved:
        TellSupportItIsOver(change, work);
        GiveAllClear(change, work);
        break;
      case IncidentStep::kUnknown:       // silence is no news, good or bad
      case IncidentStep::kAcknowledged:  // people know what they do
      case IncidentStep::kClosed: break;
    }
  }
  // Not with commands that may yet be refused.
  bool is_command = std::holds_alternative<forewarn::Command>(entry.what);
  if (!is_command || !expired_for.empty()) LookAgain(expired_for, find_ticket, work);
  return OkStatus();
}

std::optional<Timestamp> Planner::NextTimer() const {
  if (stopped_.empty()) return std::nullopt;
  return stopped_.begin()->first;
}

// --- Commands. ---

Status Planner::Command(const AddSilenceCommand& command, Work& work) {
  const Silence& silence = command.silence;
  if (silence.id.empty() || silence.customer.empty()) {
    return InvalidArgument("a silence needs an id and a customer");
  }
  if (silences_.contains(silence.id)) {
    return AlreadyExists(fmt::format("there is a silence {} already", silence.id));
  }
  if (silence.matchers.empty()) {
    return InvalidArgument("a silence needs a matcher, such as alertname=\"DiskWillFill\"");
  }
  StatusOr<Matchers> matchers = ParseMatchers(silence.matchers);
  if (!matchers.ok()) return matchers.status().With("silence");
  if (silence.to <= silence.from || silence.to <= work.entry.arrival) {
    return InvalidArgument(fmt::format("the silence ends at {}, which is not after {}",
                                       FormatTime(silence.to),
                                       silence.to <= silence.from ? "its beginning" : "now"));
  }
  silences_[silence.id] = silence;
  silence_matchers_[silence.id] = *std::move(matchers);
  work.plan.silences.push_back(silence);
  return OkStatus();
}

Status Planner::Command(const ExpireSilenceCommand& command, Work& work) {
  auto at = silences_.find(command.id);
  if (at == silences_.end()) return NotFound(fmt::format("there is no silence {}", command.id));
  Silence& silence = at->second;
  if (silence.to <= work.entry.arrival) {
    return FailedPrecondition(
        fmt::format("silence {} ended at {}", silence.id, FormatTime(silence.to)));
  }
  silence.to = work.entry.arrival;
  silence.from = std::min(silence.from, silence.to);
  work.plan.silences.push_back(silence);
  return OkStatus();
}

void Planner::Command(const DeliveryCommand& command, Work& work) {
  auto at = outbox_.find(command.notification);
  if (at == outbox_.end() || at->second.state != DeliveryState::kWaiting) return;
  Notification& notification = at->second;
  std::string outcome = command.outcome.substr(0, kOutcomeBytes);
  bool is_retry = command.result == DeliveryCommand::Result::kRetry;
  // The same report twice: the dispatcher hands on what it could not tell us the first time.
  if (is_retry && notification.attempts > 0 && notification.outcome == outcome &&
      notification.next_attempt_at == command.next_attempt_at) {
    return;
  }
  ++notification.attempts;
  notification.outcome = outcome;
  std::string what;
  std::string result;
  switch (command.result) {
    case DeliveryCommand::Result::kRetry:
      notification.next_attempt_at = command.next_attempt_at;
      what = "notify_delayed";
      result =
          fmt::format("not delivered yet, next attempt at {}", FormatTime(command.next_attempt_at));
      break;
    case DeliveryCommand::Result::kDelivered:
      notification.state = DeliveryState::kDelivered;
      what = "notified";
      result = "delivered";
      break;
    case DeliveryCommand::Result::kDead:
      notification.state = DeliveryState::kDead;
      what = "not_notified";
      result = "given up";
      break;
  }
  if (!is_retry) {
    notification.settled_at = work.entry.arrival;
    forget_.emplace(*ForgetAt(notification), notification.id);
  }
  bool visible = notification.audience == Audience::kCustomer &&
                 notification.state == DeliveryState::kDelivered;
  // Of many failed attempts the 1st, 2nd, 4th, 8th, … are worth a line.
  if (!is_retry || std::has_single_bit(notification.attempts)) {
    Line(notification.ticket, std::move(what),
         fmt::format("{} to {}: {}, attempt {}: {}", notification.template_id,
                     Addressees(notification), result, notification.attempts, outcome),
         visible, work);
  }
  work.plan.outbox.push_back(notification);
}

// --- Support. ---

void Planner::TellSupport(const IncidentChange& change, Work& work) {
  std::vector<const Alert*> alerts = Pointers(change.joined);
  if (change.severity_raised) {
    for (const Alert& alert : change.ticket.alerts) {
      bool is_joined = std::any_of(alerts.begin(), alerts.end(),
                                   [&](const Alert* joined) { return joined->id == alert.id; });
      if (!is_joined && SeverityOf(alert) == change.ticket.severity) alerts.push_back(&alert);
    }
  }
  if (alerts.empty()) return;
  bool begins = change.step != IncidentStep::kUpdated;
  std::map<std::string, Told> told = Follow(Audience::kSupport, alerts, work);
  if (begins && told.empty()) {
    Line(change.ticket.number, "not_notified", "support was not told: no route matches", false,
         work);
  }
  for (const auto& [receiver, to] : told) {
    Notification notification;
    notification.receiver = receiver;
    notification.template_id = kOpened;
    if (begins) {
      if (change.step == IncidentStep::kReopened) notification.template_id = kReopened;
      if (change.ticket.rule == kContactLostRule) notification.template_id = kContactLost;
    } else if (Heard(change.ticket.number, receiver)) {
      if (!change.severity_raised) continue;
      notification.template_id = kUpdated;
    } else if (to.silence != nullptr && !change.severity_raised) {
      // Was stopped at the beginning, and still is.
      LookEarlier(change.ticket.number, receiver, to.silence->to, work);
      continue;
    }
    notification.customer = change.ticket.customer;
    notification.ticket = change.ticket.number;
    notification.audience = Audience::kSupport;
    const Customer* customer = bundle_.FindCustomer(change.ticket.customer);
    notification.facts = ToAttributes(FactsOf(change, to.silence == nullptr ? to.alerts : alerts,
                                              customer, notification.locale, work.entry.arrival));
    Add(std::move(notification), to.silence, work);
  }
}

void Planner::TellSupportItIsOver(const IncidentChange& change, Work& work) {
  auto of_ticket = by_ticket_.find(change.ticket.number);
  if (of_ticket == by_ticket_.end()) return;
  std::set<std::string> receivers;
  for (const auto& [order, id] : of_ticket->second) {
    const Notification& notification = outbox_.at(id);
    if (notification.audience == Audience::kSupport) receivers.insert(notification.receiver);
  }
  std::vector<const Alert*> left = Pointers(change.left);
  const Customer* customer = bundle_.FindCustomer(change.ticket.customer);
  for (const std::string& receiver : receivers) {
    if (!Heard(change.ticket.number, receiver)) continue;
    Notification notification;
    notification.customer = change.ticket.customer;
    notification.ticket = change.ticket.number;
    notification.receiver = receiver;
    notification.audience = Audience::kSupport;
    notification.template_id = kResolved;
    Facts facts = FactsOf(change, left, customer, notification.locale, work.entry.arrival);
    AddEnding(change.ticket, facts);
    notification.facts = ToAttributes(std::move(facts));
    const Silence* silence = nullptr;
    for (const Alert* alert : left) {
      silence = SilenceOf(*alert, work.entry.arrival);
      if (silence == nullptr) break;
    }
    Add(std::move(notification), silence, work);
  }
}

// Whether the receiver knows that this ticket is open: his newest message about it is not its end.
bool Planner::Heard(uint64_t ticket, const std::string& receiver) const {
  auto of_ticket = by_ticket_.find(ticket);
  if (of_ticket == by_ticket_.end()) return false;
  bool heard = false;
  for (const auto& [order, id] : of_ticket->second) {
    const Notification& notification = outbox_.at(id);
    if (notification.audience != Audience::kSupport || notification.receiver != receiver) continue;
    if (IsEnding(notification)) {
      heard = false;
    } else if (notification.state != DeliveryState::kSuppressed) {
      heard = true;
    }
  }
  return heard;
}

// --- The customer. ---

void Planner::WarnCustomer(const IncidentChange& change, Work& work) {
  std::map<std::string, std::vector<const Alert*>> by_template;
  for (const Alert& alert : change.joined) {
    if (!alert.warning_template.empty()) by_template[WarningTemplateOf(alert)].push_back(&alert);
  }
  const Customer* customer = bundle_.FindCustomer(change.ticket.customer);
  for (const auto& [template_id, alerts] : by_template) {
    std::map<std::string, Told> told = Follow(Audience::kCustomer, alerts, work);
    if (told.empty()) {
      Line(change.ticket.number, "not_notified", "the customer was not warned: no route matches",
           false, work);
    }
    for (const auto& [receiver, to] : told) {
      std::vector<const Alert*> about = to.silence == nullptr ? to.alerts : alerts;
      std::erase_if(about,
                    [&, &receiver = receiver, &template_id = template_id](const Alert* alert) {
                      return WasWarned(change.ticket.number, receiver, template_id, *alert);
                    });
      if (about.empty()) continue;
      const Receiver* to_receiver = bundle_.FindReceiver(receiver);
      Reader reader;
      if (to_receiver != nullptr) reader = ReaderOf(Audience::kCustomer, *to_receiver, customer);
      Notification notification;
      notification.customer = change.ticket.customer;
      notification.ticket = change.ticket.number;
      notification.receiver = receiver;
      notification.audience = Audience::kCustomer;
      notification.template_id = template_id;
      notification.facts =
          ToAttributes(FactsOf(change, about, customer, reader.locale, work.entry.arrival));
      Add(std::move(notification), to.silence, work);
    }
  }
}

// Whether the customer knows of this alert, and has not been told since that it is over.
bool Planner::WasWarned(uint64_t ticket, const std::string& receiver,
                        const std::string& template_id, const Alert& alert) const {
  auto of_ticket = by_ticket_.find(ticket);
  if (of_ticket == by_ticket_.end()) return false;
  bool warned = false;
  for (const auto& [order, id] : of_ticket->second) {
    const Notification& notification = outbox_.at(id);
    if (notification.audience != Audience::kCustomer || notification.receiver != receiver) continue;
    if (notification.template_id == template_id + std::string(kCleared)) warned = false;
    if (notification.template_id != template_id ||
        notification.state == DeliveryState::kSuppressed) {
      continue;
    }
    Facts facts = FromAttributes(notification.facts);
    if (facts["alert_ids"].find(alert.id.ToString()) != std::string::npos) warned = true;
  }
  return warned;
}

void Planner::GiveAllClear(const IncidentChange& change, Work& work) {
  auto of_ticket = by_ticket_.find(change.ticket.number);
  if (of_ticket == by_ticket_.end()) return;
  // The last warning of each kind that no all-clear followed, in the order of planning.
  std::map<std::pair<std::string, std::string>, const Notification*> open;
  for (const auto& [order, id] : of_ticket->second) {
    const Notification& notification = outbox_.at(id);
    if (notification.audience != Audience::kCustomer ||
        notification.state == DeliveryState::kSuppressed) {
      continue;
    }
    if (IsEnding(notification)) {
      open.erase(
          {notification.receiver,
           notification.template_id.substr(0, notification.template_id.size() - kCleared.size())});
    } else {
      open[{notification.receiver, notification.template_id}] = &notification;
    }
  }
  if (open.empty()) return;
  if (change.ticket.unproven) {
    Line(change.ticket.number, "not_notified",
         "the customer was warned and gets no all-clear: a series is gone, which proves nothing; "
         "somebody should tell them how it ended",
         false, work);
    return;
  }
  std::vector<Notification> all_clear;
  for (const auto& [key, warning] : open) {
    Notification notification;
    notification.customer = warning->customer;
    notification.ticket = warning->ticket;
    notification.receiver = warning->receiver;
    notification.audience = Audience::kCustomer;
    notification.template_id = warning->template_id + std::string(kCleared);
    Facts facts = FromAttributes(warning->facts);
    facts.erase("late");
    if (change.late) facts["late"] = "yes";
    AddEnding(change.ticket, facts);
    notification.facts = ToAttributes(std::move(facts));
    all_clear.push_back(std::move(notification));
  }
  for (Notification& notification : all_clear) {
    const Silence* silence = nullptr;
    for (const Alert& alert : change.left) {
      silence = SilenceOf(alert, work.entry.arrival);
      if (silence == nullptr) break;
    }
    Add(std::move(notification), silence, work);
  }
}

// --- What silences stopped. ---

void Planner::LookAgain(const std::string& customer, const FindTicket& find_ticket, Work& work) {
  Timestamp now = work.entry.arrival;
  std::map<Order, std::string> ids;
  for (const auto& [at, id] : stopped_) {
    bool of_customer = !customer.empty() && outbox_.at(id).customer == customer;
    if (at <= now || of_customer) ids[OrderOf(id)] = id;
  }
  for (const auto& [order, id] : ids) {
    // A copy: what is made up for is another entry of the outbox.
    const Notification stopped = outbox_.at(id);
    const Ticket* ticket = find_ticket(stopped.ticket);
    bool is_work = ticket != nullptr && (ticket->state == TicketState::kOpen ||
                                         ticket->state == TicketState::kAcknowledged);
    if (!is_work) {
      LookAt(id, stopped.created_at, work);
    } else {
      MakeUp(stopped, *ticket, work);
    }
  }
}

std::vector<const Alert*> Planner::MissedOf(const Notification& stopped,
                                            const Ticket& ticket) const {
  bool is_warning = stopped.audience == Audience::kCustomer;
  std::vector<const Alert*> missed;
  for (const Alert& alert : ticket.alerts) {
    if (is_warning) {
      bool is_its = !alert.warning_template.empty() &&
                    WarningTemplateOf(alert) == stopped.template_id &&
                    !WasWarned(ticket.number, stopped.receiver, stopped.template_id, alert);
      if (!is_its) continue;
    }
    missed.push_back(&alert);
  }
  if (is_warning) return missed;

  // Support has heard of the ticket, or of its severity, if anything went out after this was stopped.
  bool heard = stopped.template_id != kUpdated && Heard(ticket.number, stopped.receiver);
  const std::map<Order, std::string>& ids = by_ticket_.at(ticket.number);
  for (auto at = ids.upper_bound(OrderOf(stopped.id)); at != ids.end() && !heard; ++at) {
    const Notification& later = outbox_.at(at->second);
    heard = later.audience == Audience::kSupport && later.receiver == stopped.receiver &&
            later.state != DeliveryState::kSuppressed;
  }
  if (heard) missed.clear();
  return missed;
}

void Planner::MakeUp(const Notification& stopped, const Ticket& ticket, Work& work) {
  Timestamp now = work.entry.arrival;
  std::vector<const Alert*> missed = MissedOf(stopped, ticket);
  bool is_missed = !missed.empty();
  std::erase_if(missed, [](const Alert* alert) { return alert->state != AlertState::kFiring; });
  if (is_missed && missed.empty()) return LookAt(stopped.id, now + kLookAgain, work);

  std::map<std::string, Told> told = Follow(stopped.audience, missed, work);
  auto to = told.find(stopped.receiver);
  if (to == told.end()) return LookAt(stopped.id, stopped.created_at, work);
  if (to->second.silence != nullptr) return LookAt(stopped.id, to->second.silence->to, work);

  const Customer* customer = bundle_.FindCustomer(ticket.customer);
  Notification notification;
  notification.customer = stopped.customer;
  notification.ticket = stopped.ticket;
  notification.receiver = stopped.receiver;
  notification.audience = stopped.audience;
  notification.template_id = stopped.template_id;
  IncidentChange change;
  change.step = IncidentStep::kUpdated;
  change.ticket = ticket;
  const std::string& locale = stopped.locale;
  notification.facts = ToAttributes(FactsOf(change, to->second.alerts, customer, locale, now));
  LookAt(stopped.id, stopped.created_at, work);
  Add(std::move(notification), nullptr, work);
}

void Planner::LookAt(const std::string& id, Timestamp at, Work& work) {
  Notification& notification = outbox_.at(id);
  if (notification.next_attempt_at == at) return;
  if (auto before = LookAtOf(notification)) stopped_.erase({*before, id});
  forget_.erase({*ForgetAt(notification), id});
  notification.next_attempt_at = at;
  Index(notification);
  work.plan.outbox.push_back(notification);
}

void Planner::LookEarlier(uint64_t ticket, const std::string& receiver, Timestamp at, Work& work) {
  auto of_ticket = by_ticket_.find(ticket);
  if (of_ticket == by_ticket_.end()) return;
  std::string newest;  // of those that wait to be looked at
  for (const auto& [order, id] : of_ticket->second) {
    const Notification& notification = outbox_.at(id);
    bool is_its = notification.audience == Audience::kSupport && notification.receiver == receiver;
    if (is_its && LookAtOf(notification)) newest = id;
  }
  if (!newest.empty() && at < outbox_.at(newest).next_attempt_at) LookAt(newest, at, work);
}

// --- The pieces. ---

std::map<std::string, Planner::Told> Planner::Follow(Audience audience,
                                                     const std::vector<const Alert*>& alerts,
                                                     Work& work) const {
  std::map<std::string, Told> told;
  for (const ParsedRoute& route : routes_) {
    if (route.route.audience != audience) continue;
    for (const Alert* alert : alerts) {
      if (SeverityOf(*alert) < route.route.severity_min) continue;
      if (!MatchesAll(route.matchers, alert->labels)) continue;
      const Silence* silence = SilenceOf(*alert, work.entry.arrival);
      for (const std::string& receiver : route.route.receivers) {
        Told& to = told[receiver];
        if (silence == nullptr) {
          bool is_new = std::find(to.alerts.begin(), to.alerts.end(), alert) == to.alerts.end();
          if (is_new) to.alerts.push_back(alert);
          to.silence = nullptr;
        } else if (to.alerts.empty() && (to.silence == nullptr || silence->to < to.silence->to)) {
          to.silence = silence;
        }
      }
    }
  }
  return told;
}

const Silence* Planner::SilenceOf(const Alert& alert, Timestamp at) const {
  for (const auto& [id, matchers] : silence_matchers_) {
    const Silence& silence = silences_.at(id);
    if (silence.customer == alert.customer && silence.from <= at && at < silence.to &&
        MatchesAll(matchers, alert.labels)) {
      return &silence;
    }
  }
  return nullptr;
}

void Planner::Add(Notification notification, const Silence* silence, Work& work) {
  Timestamp now = work.entry.arrival;
  notification.id = fmt::format("{}-{}-{}", partition_, work.sequence, work.next_index++);
  notification.created_at = now;
  notification.next_attempt_at = now;
  const Receiver* receiver = bundle_.FindReceiver(notification.receiver);
  Reader reader;
  if (receiver == nullptr) {
    reader.problem = fmt::format("there is no receiver {} in the bundle", notification.receiver);
  } else {
    reader =
        ReaderOf(notification.audience, *receiver, bundle_.FindCustomer(notification.customer));
  }
  notification.locale = reader.locale;
  notification.timezone = reader.timezone;
  notification.addresses = std::move(reader.addresses);

  if (silence != nullptr) {
    notification.state = DeliveryState::kSuppressed;
    notification.outcome = DescribeSilence(*silence);
    if (!IsEnding(notification)) notification.next_attempt_at = silence->to;
  } else if (!reader.problem.empty()) {
    notification.state = DeliveryState::kDead;
    notification.outcome = reader.problem;
  }
  if (notification.state != DeliveryState::kWaiting) {
    notification.settled_at = now;
    Line(notification.ticket, silence != nullptr ? "suppressed" : "not_notified",
         fmt::format("{} to {}: {}", notification.template_id, Addressees(notification),
                     notification.outcome),
         false, work);
  }
  Index(notification);
  work.plan.outbox.push_back(notification);
  std::string id = notification.id;
  FW_CHECK(outbox_.emplace(std::move(id), std::move(notification)).second);
}

void Planner::Line(uint64_t ticket, std::string what, std::string text, bool customer_visible,
                   Work& work) const {
  work.plan.timeline.push_back({ticket, 0, work.entry.arrival, "forewarn", std::move(what),
                                std::move(text), customer_visible});
}

}  // namespace forewarn
