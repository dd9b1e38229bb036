#include "collector/doors/otlp_door.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.h"
#include "collector/doors/otlp_logs.h"
#include "forewarn/foreign/otlp_logs_service.pb.h"
#include "forewarn/foreign/otlp_metrics_service.pb.h"

namespace forewarn {

namespace {
constexpr SourceToken::Door kDoor = SourceToken::Door::kOtlp;

// Of how many points so many samples are, where all `samples` are of `points`: exact when the points have
// as many samples each, which those of one kind have; else about that many.
uint64_t PointsOf(uint64_t left_out, uint64_t samples, uint64_t points) {
  if (left_out >= samples) return left_out == 0 ? 0 : points;
  // In floating point, since the product might overflow. Far below 2^53 it is exact.
  auto share = static_cast<double>(left_out) * static_cast<double>(points);
  return std::min(points, static_cast<uint64_t>(std::ceil(share / static_cast<double>(samples))));
}
}  // namespace

OtlpDoor::OtlpDoor(std::function<DoorIntake*()> intake, Metrics& metrics, const Clock& clock,
                   const LimitSettings& limits)
    : intake_(std::move(intake)),
      metrics_(metrics),
      clock_(clock),
      limits_(limits),
      partial_(clock) {}

void OtlpDoor::Export(
    const SourceToken& from,
    const opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest& request,
    Done done) {
  BatchBuilder builder(from, limits_, clock_.Now());
  OtlpRead read = ReadOtlpMetrics(request, builder);
  metrics_.DoorItemsInvalid(kDoor, read.rejected);
  Submit(from, builder, std::move(read), std::move(done));
}

void OtlpDoor::Export(
    const SourceToken& from,
    const opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest& request, Done done) {
  Timestamp now = clock_.Now();
  BatchBuilder builder(from, limits_, now);
  OtlpRead read = ReadOtlpLogs(request, now, builder);
  metrics_.DoorEventsDone(kDoor, "invalid", read.rejected);
  Submit(from, builder, std::move(read), std::move(done));
}

Status OtlpDoor::NoRoom() {
  metrics_.DoorRequestDone(kDoor, "retry");
  return Unavailable("too much of this source waits to be read; send it again in a moment");
}

void OtlpDoor::Submit(const SourceToken& from, BatchBuilder& builder, OtlpRead read, Done done) {
  auto answer = [this, from, samples = builder.samples(), read = std::move(read),
                 done = std::move(done)](const DoorIntake::Outcome& outcome) {
    if (!outcome.status.ok()) {
      bool again = outcome.status.code() == Code::kUnavailable;
      metrics_.DoorRequestDone(kDoor, again ? "retry" : "refused");
      return done({outcome.status, 0, ""});
    }
    uint64_t left_out = outcome.lost() + outcome.refused.series_limit;
    Answer answer;
    answer.rejected = read.rejected + PointsOf(left_out, samples, read.items - read.rejected);
    if (read.rejected > 0) {
      answer.message =
          fmt::format("{} of {} rejected, the first: {}", read.rejected, read.items, read.reason);
    }
    if (left_out > 0) {
      if (!answer.message.empty()) answer.message += "; ";
      answer.message += DoorIntake::Explain(outcome, limits_);
    }
    metrics_.DoorRequestDone(kDoor, answer.rejected > 0 ? "partial" : "accepted");
    if (answer.rejected == 0) return done(answer);
    if (auto lines = partial_.Next(from.source_id)) {
      FW_LOG(kWarn, "door.partial",
             {{"customer", from.customer},
              {"source", from.source},
              {"reason", answer.message},
              {"left_out", *lines}});
    }
    done(answer);
  };
  DoorIntake* intake = intake_();
  if (intake == nullptr) {
    return answer({Unavailable("the collector is starting or stopping; try again later"), {}, 0});
  }
  intake->Submit(from, builder.Take(), std::move(answer));
}

}  // namespace forewarn
