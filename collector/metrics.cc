#include "collector/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

#include "base/check.h"
#include "collector/shard.h"
#include "collector/source_tokens.h"
#include "collector/version.h"

namespace forewarn {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

namespace {

using Buckets = Histogram::BucketBoundaries;

constexpr size_t kDoors = 4;

size_t Index(SourceToken::Door door) { return static_cast<size_t>(door) - 1; }

const Buckets kFastSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                              0.1,    0.25,  0.5,    1,     2.5,  10};
const Buckets kDeliverySeconds = {0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21600};
// Lead time is the product: from a minute, which is too late, to a week.
const Buckets kLeadSeconds = {60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 259200, 604800};

}  // namespace

struct Metrics::Impl {
  Impl();

  Counter& OneCounter(const char* name, const char* help) {
    return BuildCounter().Name(name).Help(help).Register(registry).Add({});
  }
  Gauge& OneGauge(const char* name, const char* help) {
    return BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }
  Histogram& OneHistogram(const char* name, const char* help, const Buckets& buckets) {
    return BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
  }

  prometheus::Registry registry;
  std::mutex raise_mutex;  // two pages at once would both raise the same counters

  // One child for each value of a closed set, in the order of the set; nothing is added later.
  Counter* batches[3];
  using Results = std::map<std::string, Counter*, std::less<>>;
  Results samples;
  Results door_samples[kDoors];
  Results door_requests[kDoors];
  Results door_events[kDoors];
  Counter* enrolments[2];
  Gauge* contact[5];
  Gauge* alerts[3];
  prometheus::Family<Counter>* shadow_firings;  // one for each rule that was in shadow
  Gauge* tickets[4];
  Counter* notifications[2][3];
  Counter* dropped[3];
  Counter* evaluations[2];

  Counter& gap_seconds;
  Gauge& streams;
  Counter& slowed_down;
  Gauge& queue_depth;
  Histogram& commit_seconds;
  Counter& commits;
  Counter& rule_failures;
  Gauge& outbox_waiting;
  Gauge& outbox_dead;
  Gauge& series;
  Gauge& head_bytes;
  Counter& prevented;
  Histogram& lead_seconds;
  Histogram& delivery_seconds;
  Histogram& evaluation_seconds;
  Counter& series_fetched;
  Gauge* level_files[Store::Figures::kLevels];
  Gauge& pending_compaction_bytes;
  Gauge& memtable_bytes;
  Gauge& block_cache_bytes;
  Counter& block_cache_hits;
  Counter& block_cache_misses;
  Gauge& ready;
  Gauge& certificate_expiry;
};

Metrics::Impl::Impl()
    : gap_seconds(
          OneCounter("forewarn_ingest_gap_seconds_total",
                     "Length of the gaps that probes declared: telemetry they had to drop.")),
      streams(OneGauge("forewarn_ingest_streams", "Push streams that are open.")),
      slowed_down(OneCounter("forewarn_ingest_slowed_down_total",
                             "Times a probe was told to wait because its shard's queue was full.")),
      queue_depth(
          OneGauge("forewarn_shard_queue_entries", "Entries that wait in the shards' queues.")),
      commit_seconds(OneHistogram("forewarn_storage_commit_duration_seconds",
                                  "Duration of the committer's writes, including the sync.",
                                  kFastSeconds)),
      commits(OneCounter("forewarn_storage_commits_total", "Entries made durable.")),
      rule_failures(OneCounter("forewarn_rule_evaluation_failures_total",
                               "Rule evaluations that failed; the log names the rules.")),
      outbox_waiting(OneGauge("forewarn_outbox_waiting", "Notifications not yet delivered.")),
      outbox_dead(
          OneGauge("forewarn_outbox_dead", "Notifications given up; a person should look.")),
      series(OneGauge("forewarn_storage_head_series", "Series known to the shards.")),
      head_bytes(
          OneGauge("forewarn_storage_head_bytes", "Estimated memory of the newest samples.")),
      prevented(OneCounter("forewarn_tickets_prevented_total",
                           "Tickets resolved before the failure they predicted.")),
      lead_seconds(OneHistogram("forewarn_warning_lead_seconds",
                                "Time from a warning to the failure that it predicts.",
                                kLeadSeconds)),
      delivery_seconds(OneHistogram("forewarn_notification_latency_seconds",
                                    "Time from a notification's cause to its delivery.",
                                    kDeliverySeconds)),
      evaluation_seconds(OneHistogram(
          "forewarn_rule_evaluation_duration_seconds",
          "Duration of the evaluation of the rules that one entry completes.", kFastSeconds)),
      series_fetched(OneCounter("forewarn_rule_series_fetched_total",
                                "Series that rule evaluations read from the store.")),
      pending_compaction_bytes(OneGauge(
          "forewarn_storage_pending_compaction_bytes",
          "Estimate of what compaction has yet to rewrite; growing means too slow a disk.")),
      memtable_bytes(OneGauge("forewarn_storage_memtable_bytes",
                              "Memory of the tables that are not yet written as files.")),
      block_cache_bytes(
          OneGauge("forewarn_storage_block_cache_bytes", "Memory of the cache of blocks.")),
      block_cache_hits(
          OneCounter("forewarn_storage_block_cache_hits_total", "Blocks that the cache held.")),
      block_cache_misses(OneCounter("forewarn_storage_block_cache_misses_total",
                                    "Blocks that had to be read from files.")),
      ready(OneGauge("forewarn_ready", "1 when the collector accepts telemetry, 0 otherwise.")),
      certificate_expiry(OneGauge("forewarn_certificate_expiry_timestamp_seconds",
                                  "When the server's certificate ends, in seconds since 1970.")) {
  BuildGauge()
      .Name("forewarn_build_info")
      .Help("Always 1; the labels say what is running.")
      .Register(registry)
      .Add({{"version", kVersion}})
      .Set(1);

  auto& batch = BuildCounter()
                    .Name("forewarn_ingest_batches_total")
                    .Help("Batches by what became of them.")
                    .Register(registry);
  batches[0] = &batch.Add({{"result", "applied"}});
  batches[1] = &batch.Add({{"result", "duplicate"}});
  batches[2] = &batch.Add({{"result", "refused"}});

  auto& sample = BuildCounter()
                     .Name("forewarn_ingest_samples_total")
                     .Help("Samples by protocol and by what became of them.")
                     .Register(registry);
  auto& request = BuildCounter()
                      .Name("forewarn_door_requests_total")
                      .Help("Requests through the doors of other protocols by what became of them.")
                      .Register(registry);
  auto& event = BuildCounter()
                    .Name("forewarn_ingest_events_total")
                    .Help("Events through the doors of other protocols by what became of them.")
                    .Register(registry);
  for (const char* result :
       {"accepted", "too_old", "too_new", "duplicate", "series_limit", "invalid"}) {
    samples[result] = &sample.Add({{"protocol", "forewarn"}, {"result", result}});
  }
  for (SourceToken::Door door : {SourceToken::Door::kPrometheus, SourceToken::Door::kOtlp,
                                 SourceToken::Door::kAlertmanager, SourceToken::Door::kQuery}) {
    std::string name(DoorName(door));
    for (const char* result : {"accepted", "partial", "refused", "retry", "unauthenticated"}) {
      door_requests[Index(door)][result] = &request.Add({{"door", name}, {"result", result}});
    }
    if (door == SourceToken::Door::kQuery) continue;  // through which nothing is sent
    for (const char* result :
         {"accepted", "too_old", "too_new", "duplicate", "series_limit", "invalid"}) {
      door_samples[Index(door)][result] = &sample.Add({{"protocol", name}, {"result", result}});
    }
    for (const char* result : {"accepted", "duplicate", "invalid"}) {
      door_events[Index(door)][result] = &event.Add({{"protocol", name}, {"result", result}});
    }
  }

  auto& enrolment = BuildCounter()
                        .Name("forewarn_enrolments_total")
                        .Help("Enrolments of probes by result.")
                        .Register(registry);
  enrolments[0] = &enrolment.Add({{"result", "refused"}});
  enrolments[1] = &enrolment.Add({{"result", "granted"}});

  auto& contacts = BuildGauge()
                       .Name("forewarn_probe_contact_state")
                       .Help("Probes by the state of their contact.")
                       .Register(registry);
  constexpr const char* kContacts[] = {"fresh", "late", "lost", "retired", "air_gapped"};
  for (int i = 0; i < 5; ++i) contact[i] = &contacts.Add({{"state", kContacts[i]}});

  auto& evaluation =
      BuildCounter()
          .Name("forewarn_rule_evaluations_total")
          .Help(
              "Rule evaluations by how they were made; `forewarnctl rules list` tells "
              "what of a rule only the general evaluator can do.")
          .Register(registry);
  constexpr const char* kEvaluators[] = {"incremental", "general"};
  for (int i = 0; i < 2; ++i) evaluations[i] = &evaluation.Add({{"evaluator", kEvaluators[i]}});

  auto& alert = BuildGauge()
                    .Name("forewarn_alerts")
                    .Help("Alerts by state; resolved and ended ones are not counted.")
                    .Register(registry);
  constexpr const char* kAlerts[] = {"pending", "firing", "unknown"};
  for (int i = 0; i < 3; ++i) alerts[i] = &alert.Add({{"state", kAlerts[i]}});

  shadow_firings = &BuildCounter()
                        .Name("forewarn_rule_shadow_firings_total")
                        .Help("Alerts of rules in shadow that began to fire; nobody was told.")
                        .Register(registry);

  auto& ticket = BuildGauge()
                     .Name("forewarn_tickets_open")
                     .Help("Tickets that are neither resolved nor closed, by severity.")
                     .Register(registry);
  constexpr const char* kSeverities[] = {"info", "warning", "error", "critical"};
  for (int i = 0; i < 4; ++i) tickets[i] = &ticket.Add({{"severity", kSeverities[i]}});

  auto& files = BuildGauge()
                    .Name("forewarn_storage_level_files")
                    .Help("Files of the database by level; many at level 0 slow writing down.")
                    .Register(registry);
  for (size_t level = 0; level < Store::Figures::kLevels; ++level) {
    level_files[level] = &files.Add({{"level", std::to_string(level)}});
  }

  auto& drop = BuildCounter()
                   .Name("forewarn_retention_dropped_records_total")
                   .Help(
                       "Records dropped of customers whose time was over before everybody's, by "
                       "kind; the log says whose.")
                   .Register(registry);
  constexpr const char* kDropped[] = {"chunks", "rollups", "events"};
  for (int kind = 0; kind < 3; ++kind) dropped[kind] = &drop.Add({{"kind", kDropped[kind]}});

  auto& notification = BuildCounter()
                           .Name("forewarn_notifications_total")
                           .Help("Attempts to deliver a notification by channel and result.")
                           .Register(registry);
  constexpr const char* kChannels[] = {"email", "webhook"};
  constexpr const char* kResults[] = {"delivered", "retry", "dead"};
  for (int channel = 0; channel < 2; ++channel) {
    for (int result = 0; result < 3; ++result) {
      notifications[channel][result] =
          &notification.Add({{"channel", kChannels[channel]}, {"result", kResults[result]}});
    }
  }
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

void Metrics::BatchDone(BatchResult result) {
  impl_->batches[static_cast<int>(result)]->Increment();
}

void Metrics::SamplesDone(std::string_view result, uint64_t count) {
  auto found = impl_->samples.find(result);
  FW_CHECK(found != impl_->samples.end());
  found->second->Increment(static_cast<double>(count));
}

void Metrics::DoorRequestDone(SourceToken::Door door, std::string_view result) {
  auto found = impl_->door_requests[Index(door)].find(result);
  FW_CHECK(found != impl_->door_requests[Index(door)].end());
  found->second->Increment();
}

void Metrics::DoorSamplesDone(SourceToken::Door door, uint64_t samples,
                              const BatchReply& left_out) {
  auto add = [&](const char* result, uint64_t count) {
    impl_->door_samples[Index(door)].at(result)->Increment(static_cast<double>(count));
  };
  add("too_old", left_out.too_old);
  add("too_new", left_out.too_new);
  add("duplicate", left_out.duplicate);
  add("series_limit", left_out.series_limit);
  uint64_t out = left_out.too_old + left_out.too_new + left_out.duplicate + left_out.series_limit;
  add("accepted", samples > out ? samples - out : 0);
}

void Metrics::DoorItemsInvalid(SourceToken::Door door, uint64_t count) {
  impl_->door_samples[Index(door)].at("invalid")->Increment(static_cast<double>(count));
}

void Metrics::DoorEventsDone(SourceToken::Door door, std::string_view result, uint64_t count) {
  auto found = impl_->door_events[Index(door)].find(result);
  FW_CHECK(found != impl_->door_events[Index(door)].end());
  found->second->Increment(static_cast<double>(count));
}

void Metrics::GapDeclared(Duration length) { impl_->gap_seconds.Increment(ToSeconds(length)); }
void Metrics::StreamOpened() { impl_->streams.Increment(); }
void Metrics::StreamClosed() { impl_->streams.Decrement(); }
void Metrics::SenderSlowedDown() { impl_->slowed_down.Increment(); }
void Metrics::EnrolmentDone(bool granted) { impl_->enrolments[granted ? 1 : 0]->Increment(); }

void Metrics::QueueDepth(uint64_t entries) { impl_->queue_depth.Set(static_cast<double>(entries)); }

void Metrics::CommitWritten(Duration took, uint64_t commits) {
  impl_->commit_seconds.Observe(ToSeconds(took));
  impl_->commits.Increment(static_cast<double>(commits));
}

void Metrics::RulesFailed(uint64_t failures) {
  impl_->rule_failures.Increment(static_cast<double>(failures));
}

void Metrics::SetCensus(const Census& census) {
  for (int i = 0; i < 5; ++i) impl_->contact[i]->Set(static_cast<double>(census.contact[i]));
  for (int i = 0; i < 3; ++i) impl_->alerts[i]->Set(static_cast<double>(census.alerts[i]));
  for (int i = 0; i < 4; ++i) impl_->tickets[i]->Set(static_cast<double>(census.tickets[i]));
  std::lock_guard lock(impl_->raise_mutex);
  for (const auto& [rule, firings] : census.shadow_firings) {
    Counter& counter = impl_->shadow_firings->Add({{"rule", rule}});
    counter.Increment(static_cast<double>(firings) - counter.Value());
  }
  impl_->outbox_waiting.Set(static_cast<double>(census.outbox_waiting));
  impl_->outbox_dead.Set(static_cast<double>(census.outbox_dead));
  impl_->series.Set(static_cast<double>(census.series));
  impl_->head_bytes.Set(static_cast<double>(census.head_bytes));
}

void Metrics::RulesEvaluated(Duration took, uint64_t series_fetched, uint64_t incremental,
                             uint64_t general) {
  impl_->evaluations[0]->Increment(static_cast<double>(incremental));
  impl_->evaluations[1]->Increment(static_cast<double>(general));
  impl_->evaluation_seconds.Observe(ToSeconds(took));
  impl_->series_fetched.Increment(static_cast<double>(series_fetched));
}

void Metrics::SetStorage(const Store::Figures& figures) {
  std::lock_guard lock(impl_->raise_mutex);
  for (size_t level = 0; level < Store::Figures::kLevels; ++level) {
    impl_->level_files[level]->Set(static_cast<double>(figures.level_files[level]));
  }
  impl_->pending_compaction_bytes.Set(static_cast<double>(figures.pending_compaction_bytes));
  impl_->memtable_bytes.Set(static_cast<double>(figures.memtable_bytes));
  impl_->block_cache_bytes.Set(static_cast<double>(figures.block_cache_bytes));
  auto raise = [](Counter& counter, uint64_t to) {
    counter.Increment(static_cast<double>(to) - counter.Value());
  };
  raise(impl_->block_cache_hits, figures.block_cache_hits);
  raise(impl_->block_cache_misses, figures.block_cache_misses);
}

void Metrics::RetentionDropped(const Store::Retention::Dropped& dropped) {
  impl_->dropped[0]->Increment(static_cast<double>(dropped.chunks));
  impl_->dropped[1]->Increment(static_cast<double>(dropped.rollups));
  impl_->dropped[2]->Increment(static_cast<double>(dropped.history));
}

void Metrics::TicketPrevented() { impl_->prevented.Increment(); }
void Metrics::WarningLead(Duration lead) { impl_->lead_seconds.Observe(ToSeconds(lead)); }

void Metrics::NotificationAttempted(Receiver::Kind channel, DeliveryCommand::Result result) {
  impl_->notifications[static_cast<int>(channel) - 1][static_cast<int>(result) - 1]->Increment();
}

void Metrics::NotificationDelivered(Duration latency) {
  impl_->delivery_seconds.Observe(ToSeconds(latency));
}

void Metrics::SetReady(bool ready) { impl_->ready.Set(ready ? 1 : 0); }

void Metrics::CertificateExpires(Timestamp at) {
  impl_->certificate_expiry.Set(static_cast<double>(ToMillis(at)) / 1000);
}

}  // namespace forewarn
