#include "collector/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/record.h"
#include "collector/rule_results.h"
#include "model/ids.h"

namespace forewarn {
namespace {

// StateKind::kPartition: where the fold stands.
struct PartitionRecord {
  Timestamp last_arrival;
  Timestamp last_sealing;
  std::vector<LeftCustomer> left_customers = {};

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.last_arrival);
    visit(2, self.last_sealing);
    visit(3, self.left_customers);
  }
};

// How long a series may go on in its next window, which seals the one before: what is left then went
// silent.
constexpr Duration kSealingPatience = 10min;

const Batch* AsBatch(const Entry& entry) { return std::get_if<Batch>(&entry.what); }

template <typename T>
const T* AsCommand(const Entry& entry) {
  const auto* command = std::get_if<Command>(&entry.what);
  return command == nullptr ? nullptr : std::get_if<T>(command);
}

template <typename T>
StatePut Put(StateKind kind, std::string id, const T& value) {
  return {kind, std::move(id), EncodeRecord(value)};
}

template <typename T>
void AddHistory(HistoryKind kind, const Batch& batch, const std::vector<T>& items, Timestamp T::*at,
                Commit& commit) {
  for (const T& item : items) {
    commit.history.push_back(
        {kind, batch.source.customer, batch.source.probe, item.*at, EncodeRecord(item)});
  }
}

}  // namespace

Shard::Shard(uint32_t partition, const Store& store, const HeadOptions& head, Duration closed_kept,
             RuleShelf* shelf)
    : partition_(partition),
      store_(store),
      chunk_window_(head.chunk_window),
      accepted_ahead_(head.accepted_ahead),
      closed_kept_(closed_kept),
      shelf_(shelf),
      head_(partition, store, head),
      rule_source_(head_),
      engine_(rule_source_, contacts_, {}, &head_),
      incidents_(partition),
      planner_(partition) {}

Commit Shard::Handle(Entry entry) {
  entry.arrival = std::max(entry.arrival, last_arrival_);
  Commit commit;
  commit.partition = partition_;
  commit.sequence = sequence_ + 1;
  if (const Batch* batch = AsBatch(entry)) head_.Learn(batch->samples);
  if (AnswersAtOnce(entry, commit)) return commit;

  BatchReply refused;
  DropFutureRounds(entry, refused);
  TakeInTelemetry(entry, refused, commit);
  std::vector<ProbeState> probes = contacts_.Observe(entry);
  Engine::Conclusions concluded = Conclude(entry, probes, commit);

  std::vector<IncidentChange> incidents;
  Planner::Plan plan;
  // The planner last: what is due to be forgotten goes with whatever it applies.
  commit.outcome = tokens_.Apply(entry, commit);
  if (commit.outcome.ok()) commit.outcome = source_tokens_.Apply(entry, commit);
  if (commit.outcome.ok()) {
    commit.outcome = incidents_.Apply(entry, concluded.alerts, incidents);
  }
  if (commit.outcome.ok()) {
    auto find_ticket = [this](uint64_t number) { return incidents_.Find(number); };
    commit.outcome = planner_.Apply(entry, commit.sequence, incidents, find_ticket, plan);
  }
  // Only a command can fail, and a command that fails has changed nothing on the way here.
  commit.empty = !commit.outcome.ok();
  if (commit.empty) return commit;

  Keep(entry, probes, std::move(concluded), incidents, std::move(plan), commit);
  sequence_ = commit.sequence;
  last_arrival_ = entry.arrival;
  return commit;
}

void Shard::MeasureRules(const Clock& clock, std::function<void(const Evaluation&)> told) {
  stopwatch_ = &clock;
  evaluated_ = std::move(told);
}

bool Shard::AnswersAtOnce(const Entry& entry, Commit& commit) const {
  const ProbeIdentity* sender = nullptr;
  if (const Batch* batch = AsBatch(entry)) sender = &batch->source;
  if (const auto* hello = AsCommand<HelloCommand>(entry)) sender = &hello->source;
  const ProbeState* known = sender == nullptr ? nullptr : contacts_.Find(sender->probe);
  // Who hands in the telemetry of a source beside it, with its own certificate.
  const ProbeState* bearer = sender == nullptr ? nullptr : contacts_.Find(entry.actor);
  auto is_retired = [](const ProbeState* probe) {
    return probe != nullptr && probe->contact == Contact::kRetired;
  };

  if (is_retired(known) || is_retired(bearer)) {
    commit.outcome =
        PermissionDenied(fmt::format("probe {} was retired; enrol it again with a new token",
                                     is_retired(known) ? sender->probe : entry.actor));
  } else if (const Batch* batch = AsBatch(entry)) {
    if (batch->epoch == 0) return false;  // from a door without numbers
    ProbeState nothing;
    const ProbeState& last = known == nullptr ? nothing : *known;
    bool is_new_epoch = batch->epoch > last.epoch;
    uint64_t next = is_new_epoch ? 1 : last.sequence + 1;
    if (batch->epoch < last.epoch) {
      // Acknowledging it would lose it: an epoch only ever grows.
      commit.outcome = FailedPrecondition(
          fmt::format("batch of epoch {}, but probe {} is at epoch {} already; is its state folder "
                      "a copy of another probe's, or its clock set back?",
                      batch->epoch, batch->source.probe, last.epoch));
    } else if (batch->sequence > next) {
      // Applying it would make the missing one a repeated one when it comes.
      commit.outcome =
          FailedPrecondition(fmt::format("batch {} of probe {}, but {} is the next of epoch {}; "
                                         "say hello again and send from there",
                                         batch->sequence, batch->source.probe, next, batch->epoch));
    } else if (is_new_epoch || !contacts_.IsDuplicate(*batch)) {
      return false;
    }
  } else if (const auto* bundle = std::get_if<Bundle>(&entry.what)) {
    if (bundle->id != bundle_.id) return false;
  } else if (const auto* retire = AsCommand<RetireProbeCommand>(entry)) {
    if (contacts_.Find(retire->probe.probe) != nullptr) return false;
    commit.outcome = NotFound(fmt::format("there is no probe {}", retire->probe.probe));
  } else if (std::holds_alternative<Tick>(entry.what)) {
    std::optional<Timestamp> due = NextTimer();
    if (due && *due <= entry.arrival) return false;
  } else {
    return false;
  }
  commit.empty = true;
  return true;
}

// A round that lies ahead, like a sample that does, comes from a clock that is wrong. Taken at its word it
// would put all true rounds behind the watermark, where nothing is evaluated.
void Shard::DropFutureRounds(Entry& entry, BatchReply& refused) const {
  auto* batch = std::get_if<Batch>(&entry.what);
  if (batch == nullptr) return;
  refused.too_new += std::erase_if(batch->rounds, [&](const Round& round) {
    return round.end > entry.arrival + accepted_ahead_;
  });
}

void Shard::TakeInTelemetry(const Entry& entry, BatchReply refused_before, Commit& commit) {
  const Batch* batch = AsBatch(entry);
  // Windows that have passed are sealed by whichever entry comes next, so that the journal can be
  // dropped; but not by one that may yet be refused, since the head counts on what it sealed.
  bool can_fail = std::holds_alternative<Command>(entry.what);
  if (!can_fail && entry.arrival >= NextSealing()) {
    Timestamp now = entry.arrival - kSealingPatience;
    if (head_.SealBefore(now, commit)) last_sealing_ = now;
  }
  if (batch == nullptr) return;
  Head::Refused refused = head_.Append(batch->samples, entry.arrival, commit);
  commit.reply = EncodeRecord(BatchReply{refused.too_old, refused.too_new + refused_before.too_new,
                                         refused.duplicate, refused.series_limit});
  AddHistory(HistoryKind::kEvent, *batch, batch->events, &Event::at, commit);
  AddHistory(HistoryKind::kCheck, *batch, batch->checks, &Check::at, commit);
  AddHistory(HistoryKind::kChange, *batch, batch->changes, &Change::at, commit);
  AddHistory(HistoryKind::kGap, *batch, batch->gaps, &Gap::from, commit);
  for (const Fact& fact : batch->facts) {
    std::string id = batch->source.probe + "/" + fact.name;
    commit.state.push_back(fact.value.empty() ? StatePut{StateKind::kFact, std::move(id), ""}
                                              : Put(StateKind::kFact, std::move(id), fact));
  }
}

Engine::Conclusions Shard::SetBundle(Bundle bundle, Timestamp arrival) {
  bundle_ = std::move(bundle);
  contacts_.SetPolicy(bundle_.contact);
  planner_.SetBundle(bundle_);
  auto rules = shelf_ == nullptr ? std::make_shared<PreparedRules>(bundle_) : shelf_->Get(bundle_);
  if (partition_ != kControlPartition) bundle_.files = bundle_.rule_files = {};
  return engine_.Load(std::move(rules), arrival);
}

Engine::Conclusions Shard::Conclude(const Entry& entry, const std::vector<ProbeState>& probes,
                                    Commit& commit) {
  if (const auto* bundle = std::get_if<Bundle>(&entry.what)) {
    if (partition_ == kControlPartition) {
      left_customers_ = WhoLeft(std::move(left_customers_), bundle_, *bundle, entry.arrival);
    }
    commit.state.push_back(Put(StateKind::kBundle, "", *bundle));
    return SetBundle(*bundle, entry.arrival);
  }
  // What people and the dispatcher say is nothing to the rules, and such an entry may yet be
  // refused.
  if (std::holds_alternative<Command>(entry.what) && probes.empty()) return {};
  RuleResults results(head_, commit);
  auto write = [&](const Labels& labels, Sample sample) { return results.Write(labels, sample); };
  const Applied applied{commit.samples, commit.new_series};
  Engine::Conclusions concluded;
  if (stopwatch_ == nullptr) {
    concluded = engine_.Observe(entry, probes, write, &applied);
  } else {
    Duration begun = stopwatch_->Monotonic();
    const uint64_t fetched = rule_source_.series();
    const Engine::Evaluations before = engine_.evaluations();
    concluded = engine_.Observe(entry, probes, write, &applied);
    evaluated_({stopwatch_->Monotonic() - begun, rule_source_.series() - fetched,
                engine_.evaluations() - before});
  }
  results.Report(concluded.problems);
  return concluded;
}

void Shard::Keep(const Entry& entry, const std::vector<ProbeState>& probes,
                 Engine::Conclusions concluded, const std::vector<IncidentChange>& incidents,
                 Planner::Plan plan, Commit& commit) {
  commit.entry = EncodeRecord(entry);
  auto put = [&](StatePut record) { commit.state.push_back(std::move(record)); };

  for (const ProbeState& probe : probes) put(Put(StateKind::kProbe, probe.identity.probe, probe));
  if (const auto* hello = AsCommand<HelloCommand>(entry)) {
    const ProbeState* probe = contacts_.Find(hello->source.probe);
    FW_CHECK(probe != nullptr);
    commit.reply = EncodeRecord(HelloReply{probe->epoch, probe->sequence});
  }

  for (StatePut& record : concluded.state) put(std::move(record));
  for (const AlertChange& change : concluded.alerts) {
    commit.history.push_back(
        {HistoryKind::kAlert, change.alert.customer, "", change.at, EncodeRecord(change)});
  }
  commit.problems = std::move(concluded.problems);

  // A ticket may move several times in one entry, and the planner's lines come after: the last
  // state counts.
  std::set<uint64_t> touched;
  auto keep_line = [&](const TimelineItem& line) {
    put(Put(StateKind::kTimeline, NumberId(line.ticket) + "/" + NumberId(line.index), line));
    touched.insert(line.ticket);
  };
  for (const IncidentChange& change : incidents) {
    touched.insert(change.ticket.number);
    for (const TimelineItem& line : change.timeline) keep_line(line);
  }
  for (TimelineItem& line : plan.timeline) {
    if (incidents_.Find(line.ticket) == nullptr) continue;  // forgotten since it was told of
    incidents_.AddLine(line);
    keep_line(line);
  }
  for (uint64_t number : touched) {
    const Ticket* ticket = incidents_.Find(number);
    FW_CHECK(ticket != nullptr);
    put(Put(StateKind::kTicket, NumberId(number), *ticket));
  }

  for (Notification& notification : plan.outbox) {
    put(Put(StateKind::kOutbox, notification.id, notification));
    commit.outbox.push_back(std::move(notification));
  }
  for (std::string& id : plan.forgotten) put({StateKind::kOutbox, std::move(id), ""});
  for (const Silence& silence : plan.silences) put(Put(StateKind::kSilence, silence.id, silence));

  if (std::optional<AuditRecord> audit = AuditOf(entry, partition_)) {
    put(Put(StateKind::kAudit, NumberId(commit.sequence), *audit));
    audit_.Add(commit.sequence, entry.arrival);
  }
  // By ticks alone: whoever sends anything else waits for an answer.
  if (std::holds_alternative<Tick>(entry.what)) {
    const Timestamp before = entry.arrival - closed_kept_;
    for (StatePut& removed : ForgetWhatIsOver(before, incidents_, planner_, audit_)) {
      put(std::move(removed));
    }
  }
  head_.TakeDerivedCounts(commit);
  put(Put(StateKind::kPartition, "",
          PartitionRecord{entry.arrival, last_sealing_, left_customers_}));
}

// When the window in which sealing was done last has passed for good. Arrival time.
Timestamp Shard::NextSealing() const {
  return Timestamp((last_sealing_.time_since_epoch() / chunk_window_ + 1) * chunk_window_) +
         kSealingPatience;
}

std::optional<Timestamp> Shard::NextTimer() const {
  std::optional<Timestamp> next = contacts_.NextTimer();
  if (std::optional<Timestamp> due = engine_.NextTimer())
    next = next ? std::min(*next, *due) : *due;
  if (std::optional<Timestamp> due = planner_.NextTimer())
    next = next ? std::min(*next, *due) : *due;
  if (std::optional<Timestamp> end = FirstEnd(incidents_, planner_, audit_)) {
    next = next ? std::min(*next, *end + closed_kept_) : *end + closed_kept_;
  }
  if (head_.JournalKeptFrom(sequence_ + 1) <= sequence_) {
    next = next ? std::min(*next, NextSealing()) : NextSealing();
  }
  return next;
}

Status Shard::Recover() {
  FW_ASSIGN_OR_RETURN(sequence_, store_.LastSequence(partition_));
  FW_RETURN_IF_ERROR(head_.Load());
  FW_RETURN_IF_ERROR(store_.ReadJournal(
      partition_, 1, [&](const Store::JournalItem& item) { return head_.Replay(item); }));
  return RestoreState();
}

Status Shard::RestoreState() {
  auto each = [&]<typename T>(StateKind kind, T, auto&& use) {
    return store_.ReadState(
        partition_, kind, [&](std::string_view id, std::string_view bytes) -> Status {
          StatusOr<T> record = DecodeRecord<T>(bytes);
          if (!record.ok()) {
            return record.status().With(fmt::format("partition {}, state of kind {} at '{}'",
                                                    partition_, static_cast<int>(kind), id));
          }
          use(*std::move(record));
          return OkStatus();
        });
  };
  FW_RETURN_IF_ERROR(store_.ReadState(partition_, StateKind::kPartition,
                                      [&](std::string_view id, std::string_view bytes) -> Status {
                                        if (!id.empty()) return head_.RestoreDerived(bytes);
                                        FW_ASSIGN_OR_RETURN(PartitionRecord record,
                                                            DecodeRecord<PartitionRecord>(bytes));
                                        last_arrival_ = record.last_arrival;
                                        last_sealing_ = record.last_sealing;
                                        left_customers_ = std::move(record.left_customers);
                                        return OkStatus();
                                      }));
  FW_RETURN_IF_ERROR(each(StateKind::kProbe, ProbeState{},
                          [&](ProbeState probe) { contacts_.Restore(std::move(probe)); }));
  Bundle in_force;
  FW_RETURN_IF_ERROR(
      each(StateKind::kBundle, Bundle{}, [&](Bundle bundle) { in_force = std::move(bundle); }));
  for (StateKind kind : {StateKind::kAlert, StateKind::kRules}) {
    FW_RETURN_IF_ERROR(store_.ReadState(
        partition_, kind, [&](auto id, auto record) { return engine_.Restore(kind, id, record); }));
  }
  // After the alerts, which keep their state when their rules are as they were: they are.
  if (!in_force.id.empty()) {
    std::vector<std::string> problems = SetBundle(std::move(in_force), last_arrival_).problems;
    if (!problems.empty()) {
      // Running on without its rules would be silence that looks like health.
      return FailedPrecondition(
          fmt::format("the rules in force do not load with this version; start the one before, "
                      "apply rules that "
                      "both accept (`forewarnctl rules check`), and upgrade then: {}",
                      fmt::join(problems, "; ")));
    }
  }
  FW_RETURN_IF_ERROR(each(StateKind::kTicket, Ticket{},
                          [&](Ticket ticket) { incidents_.Restore(std::move(ticket)); }));
  FW_RETURN_IF_ERROR(each(StateKind::kOutbox, Notification{}, [&](Notification notification) {
    planner_.Restore(std::move(notification));
  }));
  FW_RETURN_IF_ERROR(each(StateKind::kSilence, Silence{},
                          [&](Silence silence) { planner_.Restore(std::move(silence)); }));
  FW_RETURN_IF_ERROR(each(StateKind::kToken, EnrolmentToken{},
                          [&](EnrolmentToken token) { tokens_.Restore(std::move(token)); }));
  FW_RETURN_IF_ERROR(each(StateKind::kSourceToken, SourceToken{},
                          [&](SourceToken token) { source_tokens_.Restore(std::move(token)); }));
  return store_.ReadState(partition_, StateKind::kAudit,
                          [&](auto id, auto record) { return audit_.Restore(id, record); });
}

}  // namespace forewarn
