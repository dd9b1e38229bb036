// Tells scenarios against the fold: `run_scenario ROOT FILE…`. Each is told twice, the second time
// with a collector that dies and recovers again and again on the way, and both must come to the
// same history.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/record.h"
#include "base/units.h"
#include "collector/shard.h"
#include "model/ids.h"
#include "rules/rule_file.h"
#include "store/memory_store.h"
#include "tests/scenario/scenario.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'772'409'600'000);  // 2026-03-02T00:00:00Z, on every grid
constexpr Duration kTravel = 100ms;                          // of a batch from the probe
constexpr Duration kActsAfter = 500ms;  // what people do at a time, they do after its data
constexpr Duration kLooksAfter = 900ms;
const std::string kCustomer = "acme";
const std::string kInstallation = "plant";

std::string ProbeId(const std::string& name) {
  return fmt::format("{:08x}-0000-4000-8000-000000000000",
                     static_cast<uint32_t>(Fingerprint::Of(name).value()));
}

Bundle MakeBundle(const Scenario& scenario) {
  Bundle bundle;
  bundle.id = "0123456789abcdef";
  Customer customer;
  customer.id = kCustomer;
  customer.name = "Acme";
  customer.contacts = {{"Plant manager", "plant@example.com"}};
  customer.owner = "On-call engineer";
  customer.owner_email = "support@example.com";
  bundle.customers = {customer};
  Receiver support{"support", Receiver::Kind::kEmail, {"support@example.com"}, "", ""};
  Receiver contacts{"contacts", Receiver::Kind::kEmail, {}, "", ""};
  bundle.receivers = {support, contacts};
  bundle.routes = {{Audience::kSupport, {}, {"support"}, Severity::kInfo},
                   {Audience::kCustomer, {}, {"contacts"}, Severity::kInfo}};
  bundle.rule_files = scenario.rule_files;
  return bundle;
}

// The world of a scenario: probes that collect, a shard on a store that survives it, and what was
// seen.
class Story {
 public:
  // Every `restart_every` entries the shard is thrown away and recovered; 0: never.
  Story(const Scenario& scenario, size_t restart_every)
      : scenario_(scenario), restart_every_(restart_every) {}

  Status Tell();

  size_t entries() const { return entries_; }
  const std::vector<std::string>& history() const { return history_; }

 private:
  struct ProbeLife {
    ProbeIdentity identity;
    uint64_t sequence = 0;
    std::vector<Batch> spool;
  };
  struct Happening {
    Timestamp at;
    int order = 0;
    std::function<Status(Timestamp)> what;
  };

  void Plan();
  void PlanRounds(const ScenarioProbe& probe);
  Status Hand(Entry entry);
  Status HandOne(Entry entry);
  Status TickUntil(Timestamp at);
  Status Restart();
  Status SayHello(const std::string& probe, Timestamp at);
  Batch Collect(const ScenarioProbe& probe, Duration at);
  Status Act(const ScenarioAct& act, Timestamp at);

  void Remember(const Commit& commit);
  Status Check(const ScenarioExpectation& expectation) const;
  Status CheckNever(const ScenarioExpectation& expectation) const;
  bool IsAbout(const ScenarioExpectation& expectation, const Alert& alert) const;
  size_t CountTickets(const std::string& rule) const;
  size_t CountMessages(Audience audience, DeliveryState state) const;
  const Ticket* NewestTicket(const std::string& rule) const;
  std::string Seen() const;

  const Scenario& scenario_;
  const size_t restart_every_;

  MemoryStore store_;
  std::unique_ptr<Shard> shard_;
  std::map<std::string, ProbeLife> probes_;
  std::vector<Happening> happenings_;
  size_t entries_ = 0;
  std::vector<AlertChange> changes_;
  std::map<Fingerprint, Alert> alerts_;  // the latest of each that ever was
  std::map<std::string, Notification> messages_;
  std::vector<std::string> history_;
};

Batch Story::Collect(const ScenarioProbe& probe, Duration at) {
  Batch batch;
  batch.source = probes_.at(probe.name).identity;
  batch.epoch = 1;
  auto table = std::make_shared<SeriesTable>();
  for (const ScenarioLoad& load : scenario_.loads) {
    const std::string& owner = load.probe.empty() ? scenario_.probes[0].name : load.probe;
    if (owner != probe.name) continue;
    Labels labels = load.labels;
    labels.Set("customer", kCustomer);
    labels.Set("installation", kInstallation);
    labels.Set("probe", batch.source.probe);
    if (!labels.Has("instance")) labels.Set("instance", probe.name);
    bool is_named = false;
    for (size_t i = 0; i < load.values.size(); ++i) {
      Duration when = load.interval * static_cast<int64_t>(i);
      if (when > at) break;
      if (when <= at - probe.interval || !load.values[i]) continue;
      if (!is_named) table->series.push_back(labels);
      is_named = true;
      batch.samples.refs.push_back(static_cast<uint32_t>(table->series.size() - 1));
      batch.samples.times.push_back(kStart + when);
      batch.samples.values.push_back(*load.values[i]);
    }
  }
  batch.samples.table = std::move(table);
  batch.rounds.push_back({kStart + at, probe.interval, 0ms});
  return batch;
}

void Story::PlanRounds(const ScenarioProbe& probe) {
  auto outage_at = [this, &probe](Duration at) -> const ScenarioOutage* {
    for (const ScenarioOutage& outage : scenario_.outages) {
      if (outage.probe == probe.name && at >= outage.from && at < outage.to) return &outage;
    }
    return nullptr;
  };
  for (Duration at{0}; at <= scenario_.end; at += probe.interval) {
    const ScenarioOutage* outage = outage_at(at);
    if (outage != nullptr && !outage->is_spooled) continue;
    happenings_.push_back(
        {kStart + at + kTravel, 1, [this, &probe, at, outage](Timestamp now) -> Status {
           ProbeLife& life = probes_.at(probe.name);
           Batch batch = Collect(probe, at);
           batch.sequence = ++life.sequence;
           life.spool.push_back(std::move(batch));
           if (outage != nullptr) return OkStatus();
           for (Batch& spooled : std::exchange(life.spool, {})) {
             FW_RETURN_IF_ERROR(Hand({0, now, life.identity.probe, std::move(spooled)}));
           }
           return OkStatus();
         }});
  }
  for (const ScenarioOutage& outage : scenario_.outages) {
    if (outage.probe != probe.name || outage.to > scenario_.end) continue;
    happenings_.push_back({kStart + outage.to + kTravel, 0,
                           [this, &probe](Timestamp now) { return SayHello(probe.name, now); }});
  }
}

void Story::Plan() {
  for (const ScenarioProbe& probe : scenario_.probes) {
    probes_[probe.name].identity = {kCustomer, kInstallation, ProbeId(probe.name)};
    happenings_.push_back(
        {kStart, 0, [this, &probe](Timestamp now) { return SayHello(probe.name, now); }});
    PlanRounds(probe);
  }
  int count = 0;
  for (const ScenarioSilence& silence : scenario_.silences) {
    Silence made{fmt::format("00000000-0000-4000-8000-{:012}", ++count),
                 kCustomer,
                 silence.matchers,
                 kStart + silence.from,
                 kStart + silence.to,
                 "On-call engineer",
                 "planned work"};
    happenings_.push_back(
        {kStart + silence.from, 0, [this, made](Timestamp now) {
           return Hand({0, now, "On-call engineer", Command(AddSilenceCommand{made})});
         }});
  }
  for (const ScenarioAct& act : scenario_.acts) {
    happenings_.push_back(
        {kStart + act.at + kActsAfter, 2, [this, &act](Timestamp now) { return Act(act, now); }});
  }
  for (const ScenarioExpectation& expectation : scenario_.expectations) {
    if (!expectation.at) continue;
    happenings_.push_back({kStart + *expectation.at + kLooksAfter, 3,
                           [this, &expectation](Timestamp) { return Check(expectation); }});
  }
  std::ranges::stable_sort(happenings_, [](const Happening& a, const Happening& b) {
    return std::pair(a.at, a.order) < std::pair(b.at, b.order);
  });
}

Status Story::SayHello(const std::string& probe, Timestamp at) {
  const ProbeIdentity& identity = probes_.at(probe).identity;
  return Hand({0, at, identity.probe, Command(HelloCommand{identity, probe, "0.1.0", 0ms})});
}

Status Story::Act(const ScenarioAct& act, Timestamp at) {
  using Kind = ScenarioAct::Kind;
  if (act.kind == Kind::kRestart) return Restart();
  if (act.kind == Kind::kRetire) {
    return Hand(
        {0, at, "On-call engineer", Command(RetireProbeCommand{probes_.at(act.probe).identity})});
  }
  const Ticket* ticket = NewestTicket("");
  if (ticket == nullptr) return FailedPrecondition("there is no ticket to work on");
  TicketCommand command;
  command.ticket = ticket->number;
  command.act = act.kind == Kind::kAcknowledge ? TicketCommand::Act::kAcknowledge
                                               : TicketCommand::Act::kClose;
  command.text = "done";
  command.cause = "other";
  return Hand({0, at, "On-call engineer", Command(command)});
}

Status Story::Restart() {
  shard_ = std::make_unique<Shard>(PartitionOf(kCustomer), store_, HeadOptions());
  return shard_->Recover().With("recovering");
}

Status Story::HandOne(Entry entry) {
  entry.partition = PartitionOf(kCustomer);
  Commit commit = shard_->Handle(std::move(entry));
  if (!commit.outcome.ok()) return commit.outcome;
  if (!commit.problems.empty()) return Internal(commit.problems[0]);
  if (commit.empty) return OkStatus();
  FW_RETURN_IF_ERROR(store_.Commit({&commit, 1}).With("committing"));
  Remember(commit);
  ++entries_;
  if (restart_every_ > 0 && entries_ % restart_every_ == 0) return Restart();
  return OkStatus();
}

// Hands the entry in, and delivers at once what leaves by the outbox.
Status Story::Hand(Entry entry) {
  Timestamp now = entry.arrival;
  FW_RETURN_IF_ERROR(HandOne(std::move(entry)));
  while (true) {
    auto waiting = std::ranges::find_if(
        messages_, [&](const auto& item) { return item.second.state == DeliveryState::kWaiting; });
    if (waiting == messages_.end()) return OkStatus();
    DeliveryCommand delivery{
        waiting->first, DeliveryCommand::Result::kDelivered, {}, "250 accepted"};
    FW_RETURN_IF_ERROR(HandOne({0, now, "forewarn", Command(delivery)}));
  }
}

Status Story::TickUntil(Timestamp at) {
  Timestamp last = kTimeZero;
  while (true) {
    std::optional<Timestamp> due = shard_->NextTimer();
    if (!due || *due >= at) return OkStatus();
    if (*due <= last)
      return Internal(fmt::format("the timer at {} does not pass", FormatTime(*due)));
    last = *due;
    FW_RETURN_IF_ERROR(Hand({0, *due, "forewarn", Tick{}}));
  }
}

void Story::Remember(const Commit& commit) {
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

bool Story::IsAbout(const ScenarioExpectation& expectation, const Alert& alert) const {
  if (alert.rule != expectation.name) return false;
  return std::ranges::all_of(expectation.labels, [&](const Labels::Pair& label) {
    return alert.labels.Get(label.first) == label.second;
  });
}

size_t Story::CountTickets(const std::string& rule) const {
  return static_cast<size_t>(std::ranges::count_if(
      shard_->incidents().tickets(),
      [&](const auto& item) { return rule.empty() || item.second.rule == rule; }));
}

const Ticket* Story::NewestTicket(const std::string& rule) const {
  const Ticket* newest = nullptr;
  for (const auto& [number, ticket] : shard_->incidents().tickets()) {
    if (rule.empty() || ticket.rule == rule) newest = &ticket;
  }
  return newest;
}

size_t Story::CountMessages(Audience audience, DeliveryState state) const {
  return static_cast<size_t>(std::ranges::count_if(messages_, [&](const auto& item) {
    return item.second.audience == audience && item.second.state == state;
  }));
}

// What a failure shows: the story so far.
std::string Story::Seen() const {
  std::string seen = "\nWhat happened so far:";
  for (const std::string& line : history_) seen += "\n  " + line;
  return seen;
}

Status Story::Check(const ScenarioExpectation& expectation) const {
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
                    (!expectation.since || alert.active_since == kStart + *expectation.since);
      }
      if (expectation.state == "none" ? found == nullptr : is_there) return OkStatus();
      if (found == nullptr) return fail("there is no such alert");
      return fail(fmt::format("it is {} since {}", AlertStateName(found->state),
                              FormatDuration(found->active_since - kStart)));
    }
    case Kind::kIncident: {
      const Ticket* ticket = NewestTicket(expectation.name);
      if (ticket == nullptr) return fail("there is no ticket");
      std::string_view state = TicketStateName(ticket->state);
      if (state != (expectation.state == "opened" ? "open" : expectation.state)) {
        return fail(fmt::format("{} is {}", TicketName(ticket->number), state));
      }
      break;
    }
    case Kind::kTickets: break;
    case Kind::kLead: {
      const Ticket* ticket = NewestTicket("");
      if (ticket == nullptr || !ticket->predicted_breach)
        return fail("no ticket predicts anything");
      Duration lead = *ticket->predicted_breach - (kStart + *expectation.at);
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
  size_t count = CountTickets(expectation.name);
  if (expectation.count && count != *expectation.count)
    return fail(fmt::format("there are {}", count));
  return OkStatus();
}

Status Story::CheckNever(const ScenarioExpectation& expectation) const {
  using Kind = ScenarioExpectation::Kind;
  bool is_broken = false;
  switch (expectation.kind) {
    case Kind::kAlert:
      is_broken = std::ranges::any_of(changes_, [&](const AlertChange& change) {
        return IsAbout(expectation, change.alert) &&
               AlertStateName(change.alert.state) == expectation.state;
      });
      break;
    case Kind::kIncident: is_broken = CountTickets(expectation.name) > 0; break;
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

Status Story::Tell() {
  FW_RETURN_IF_ERROR(Restart());
  FW_RETURN_IF_ERROR(
      Hand({0, kStart, "On-call engineer", MakeBundle(scenario_)}).With("the rules"));
  Plan();
  for (const Happening& happening : happenings_) {
    FW_RETURN_IF_ERROR(TickUntil(happening.at));
    FW_RETURN_IF_ERROR(happening.what(happening.at));
  }
  for (const ScenarioExpectation& expectation : scenario_.expectations) {
    if (!expectation.at) FW_RETURN_IF_ERROR(CheckNever(expectation));
  }
  return OkStatus();
}

Status Run(const std::string& root, const std::string& path) {
  FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  FW_ASSIGN_OR_RETURN(Scenario scenario, ParseScenario(path, text, root));
  if (scenario.expectations.empty()) return InvalidArgument("the scenario expects nothing");
  FW_RETURN_IF_ERROR(ParseRuleFiles(scenario.rule_files).status());
  Story story(scenario, 0);
  FW_RETURN_IF_ERROR(story.Tell());

  // A recovery costs as much as all that came before, so a long story gets fewer of them.
  Story restarted(scenario, 1 + story.entries() / 150);
  FW_RETURN_IF_ERROR(restarted.Tell().With("with restarts"));
  if (restarted.history() != story.history()) {
    auto [a, b] = std::ranges::mismatch(story.history(), restarted.history());
    return FailedPrecondition(fmt::format("restarts change history:\n  {}\n  {}",
                                          a == story.history().end() ? "(nothing)" : *a,
                                          b == restarted.history().end() ? "(nothing)" : *b));
  }
  return OkStatus();
}

}  // namespace
}  // namespace forewarn

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s ROOT FILE...\n", argv[0]);
    return 2;
  }
  bool is_good = true;
  for (int i = 2; i < argc; ++i) {
    forewarn::Status status = forewarn::Run(argv[1], argv[i]);
    std::printf("%s: %s\n", argv[i], status.ok() ? "as told" : status.message().c_str());
    is_good &= status.ok();
  }
  return is_good ? 0 : 1;
}
