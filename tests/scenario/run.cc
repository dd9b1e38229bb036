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
#include "base/units.h"
#include "collector/shard.h"
#include "model/ids.h"
#include "rules/rule_file.h"
#include "store/memory_store.h"
#include "tests/scenario/scenario.h"
#include "tests/scenario/witness.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = kStoryStart;
constexpr Duration kTravel = 100ms;     // of a batch from the probe
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
  const std::vector<std::string>& history() const { return witness_.history(); }

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

  const Scenario& scenario_;
  const size_t restart_every_;

  MemoryStore store_;
  std::unique_ptr<Shard> shard_;
  std::map<std::string, ProbeLife> probes_;
  std::vector<Happening> happenings_;
  size_t entries_ = 0;
  Witness witness_;
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
    happenings_.push_back(
        {kStart + *expectation.at + kLooksAfter, 3, [this, &expectation](Timestamp) {
           return witness_.Check(expectation, shard_->incidents());
         }});
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
  const Ticket* ticket = NewestTicket(shard_->incidents(), "");
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
  witness_.Remember(commit);
  ++entries_;
  if (restart_every_ > 0 && entries_ % restart_every_ == 0) return Restart();
  return OkStatus();
}

// Hands the entry in, and delivers at once what leaves by the outbox.
Status Story::Hand(Entry entry) {
  Timestamp now = entry.arrival;
  FW_RETURN_IF_ERROR(HandOne(std::move(entry)));
  while (true) {
    auto waiting = std::ranges::find_if(witness_.messages(), [&](const auto& item) {
      return item.second.state == DeliveryState::kWaiting;
    });
    if (waiting == witness_.messages().end()) return OkStatus();
    DeliveryCommand delivery{
        waiting->first, DeliveryCommand::Result::kDelivered, {}, "250 accepted"};
    FW_RETURN_IF_ERROR(HandOne({0, now, "forewarn", Command(delivery)}));
  }
}

Status Story::TickUntil(Timestamp at) {
  // Several ticks may be due at once, each with a slice of the work.
  constexpr int kAtOnceMax = 10'000;
  Timestamp last = kTimeZero;
  int at_once = 0;
  while (true) {
    std::optional<Timestamp> due = shard_->NextTimer();
    if (!due || *due >= at) return OkStatus();
    at_once = *due <= last ? at_once + 1 : 0;
    if (at_once > kAtOnceMax)
      return Internal(fmt::format("the timer at {} does not pass", FormatTime(*due)));
    last = *due;
    FW_RETURN_IF_ERROR(Hand({0, *due, "forewarn", Tick{}}));
  }
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
    if (!expectation.at) FW_RETURN_IF_ERROR(witness_.CheckNever(expectation, shard_->incidents()));
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
