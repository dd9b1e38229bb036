#include "collector/intake.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/log.h"
#include "collector/wire.h"
#include "forewarn/v1/ingest.pb.h"
#include "model/ids.h"
#include "model/stream_codec.h"

namespace forewarn {
namespace {

template <typename Detail>
void Write(const char* reason, uint64_t count, v1::Ack& ack, Detail detail) {
  if (count == 0) return;
  v1::Refusal* refusal = ack.add_refusals();
  refusal->set_reason(reason);
  refusal->set_count(count);
  refusal->set_detail(detail());
}

}  // namespace

Submission Intake::Hello(const HelloCommand& hello) const {
  Submission submission;
  submission.entry = {PartitionOf(hello.source.customer), clock.Now(), hello.source.probe,
                      Command(hello)};
  return submission;
}

Submission Intake::Take(Batch batch, uint64_t& rounds_ahead) const {
  Submission submission;
  submission.entry.partition = PartitionOf(batch.source.customer);
  submission.entry.arrival = clock.Now();
  rounds_ahead = LeaveOutRoundsAhead(batch, submission.entry.arrival, limits);
  submission.entry.actor = batch.source.probe;
  submission.entry.what = std::move(batch);
  return submission;
}

v1::Welcome Intake::Welcome(const HelloCommand& hello, const HelloReply& reply) const {
  v1::Welcome welcome;
  welcome.set_clock_ms(ToMillis(clock.Now()));
  welcome.set_clock_offset_ms(hello.clock_offset.count());
  welcome.set_epoch(reply.epoch);
  welcome.set_sequence(reply.sequence);
  welcome.set_max_in_flight(static_cast<uint32_t>(limits.max_in_flight));
  welcome.set_max_batch_bytes(static_cast<uint64_t>(limits.max_batch_size));
  welcome.add_capabilities(std::string(kAcceptsPackedSamples));
  return welcome;
}

Status Intake::CheckSize(size_t bytes) const {
  if (std::cmp_less_equal(bytes, limits.max_batch_size)) return OkStatus();
  return ResourceExhausted(
      fmt::format("the batch has {} bytes, above the limit of {}; send smaller batches, or raise "
                  "limits.max_batch_size",
                  bytes, limits.max_batch_size));
}

void Intake::Count(size_t samples, bool repeated, const BatchReply& reply) const {
  using Result = Metrics::BatchResult;
  metrics.BatchDone(repeated ? Result::kDuplicate : Result::kApplied);
  if (repeated) return metrics.SamplesDone("duplicate", samples);
  metrics.SamplesDone("too_old", reply.too_old);
  metrics.SamplesDone("too_new", reply.too_new);
  metrics.SamplesDone("duplicate", reply.duplicate);
  metrics.SamplesDone("series_limit", reply.series_limit);
  uint64_t refused = reply.too_old + reply.too_new + reply.duplicate + reply.series_limit;
  metrics.SamplesDone("accepted", samples > refused ? samples - refused : 0);
}

void Intake::Refuse(const ProbeIdentity& probe, const Status& why) const {
  metrics.BatchDone(Metrics::BatchResult::kRefused);
  FW_LOG(kWarn, "ingest.rejected",
         {{"customer", probe.customer}, {"probe", probe.probe}, {"reason", why.message()}});
}

void RefusalSum::Add(const BatchReply& reply, uint64_t rounds_ahead) {
  rounds_ahead_ += rounds_ahead;
  sum_.too_old += reply.too_old;
  sum_.too_new += reply.too_new;
  sum_.duplicate += reply.duplicate;
  sum_.series_limit += reply.series_limit;
}

void RefusalSum::MoveTo(const LimitSettings& limits, v1::Ack& ack) {
  Write("too_old", sum_.too_old, ack, [&] {
    return fmt::format("older than {} h; raise limits.accepted_age",
                       std::chrono::duration_cast<std::chrono::hours>(limits.accepted_age).count());
  });
  Write("too_new", sum_.too_new, ack, [&] {
    return fmt::format(
        "more than {} s ahead; set the probe's clock, or raise limits.accepted_future",
        std::chrono::duration_cast<std::chrono::seconds>(limits.accepted_future).count());
  });
  Write("too_new", rounds_ahead_, ack, [&] {
    return fmt::format(
        "rounds that end more than {} s ahead, which were not evaluated; set the probe's clock, "
        "or raise limits.accepted_future",
        std::chrono::duration_cast<std::chrono::seconds>(limits.accepted_future).count());
  });
  Write("duplicate", sum_.duplicate, ack,
        [] { return "the series has a sample with this time; the first one wins"; });
  Write("series_limit", sum_.series_limit, ack, [&] {
    return fmt::format(
        "more than {} series of this probe, or {} of this customer; collect less, or raise "
        "limits.series_per_probe or limits.series_per_customer",
        limits.series_per_probe, limits.series_per_customer);
  });
  sum_ = {};
  rounds_ahead_ = 0;
}

}  // namespace forewarn
