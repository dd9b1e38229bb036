#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "bench/alert_trials.h"
#include "bench/enrol_probe.h"
#include "bench/timing.h"
#include "bench/trial_sender.h"
#include "forewarn/v1/ingest.pb.h"
#include "model/stream_codec.h"
#include "probe/transport.h"

namespace forewarn::bench {
namespace {

constexpr Duration kPatience = 30s;
constexpr const char* kHost = "bench-trials";

class PushSender : public TrialSender {
 public:
  PushSender(const EnrolledProbe& probe, Acknowledged acknowledged)
      : transport_(MakeGrpcTransport(probe.collector, probe.identity)),
        call_(transport_->Open()),
        acknowledged_(std::move(acknowledged)) {}

  Status SayHello() {
    v1::PushRequest request;
    request.mutable_hello()->set_clock_ms(ToMillis(SystemClock().Now()));
    request.mutable_hello()->set_host(kHost);
    call_->Send(request);
    v1::PushResponse response;
    FW_RETURN_IF_ERROR(Receive(response, kPatience));
    return response.has_welcome() ? OkStatus() : DeadlineExceeded("no welcome from the collector");
  }

  Status Push(std::span<const TrialSample> samples) override {
    // Rounds go forward, whatever the clock does.
    end_ = std::max(SystemClock().Now(), end_ + Duration(1));
    v1::PushRequest request;
    v1::Batch& batch = *request.mutable_batch();
    std::vector<uint32_t> refs;
    std::vector<double> values;
    for (const TrialSample& sample : samples) {
      refs.push_back(Name(sample.trial, batch));
      values.push_back(sample.value);
    }
    encoder_.Encode(refs, std::vector<Timestamp>(refs.size(), end_), values,
                    *batch.mutable_packed_samples());
    batch.set_epoch(1);
    batch.set_sequence(++pushes_);
    v1::Round& round = *batch.add_rounds();
    round.set_end_ms(ToMillis(end_));
    round.set_interval_ms(1000);
    call_->Send(request);
    return OkStatus();
  }

  Status WaitUntil(double at) override {
    while (true) {
      const double left = at - Seconds();
      if (left <= 0) return OkStatus();
      FW_RETURN_IF_ERROR(TakeAck(Duration(static_cast<int64_t>(std::max(1.0, 1000 * left)))));
    }
  }

  Status Finish() override {
    const double end = Seconds() + ToSeconds(kPatience);
    while (acked_ < pushes_) {
      if (Seconds() > end) return DeadlineExceeded("the collector does not acknowledge any more");
      FW_RETURN_IF_ERROR(TakeAck(kPatience));
    }
    return OkStatus();
  }

 private:
  uint32_t Name(size_t trial, v1::Batch& batch) {
    auto [known, is_new] = refs_.try_emplace(trial, static_cast<uint32_t>(refs_.size()));
    if (is_new) {
      v1::SeriesDefinition& series = *batch.add_series();
      series.set_ref(known->second);
      for (const std::string& text : {std::string("__name__"), std::string("bad"),
                                      std::string(kTrialLabel), std::to_string(trial)}) {
        series.add_labels(text);
      }
    }
    return known->second;
  }

  // The next response, or none on time-out; an error when there will be no more.
  Status Receive(v1::PushResponse& response, Duration patience) {
    response.Clear();
    if (call_->Receive(response, patience) || !call_->ended()) return OkStatus();
    Status status = call_->status();
    return status.ok() ? Unavailable("the collector closed the stream") : status;
  }

  Status TakeAck(Duration patience) {
    v1::PushResponse response;
    FW_RETURN_IF_ERROR(Receive(response, patience));
    const double now = Seconds();
    if (response.ack().refusals_size() > 0) {
      const v1::Refusal& refusal = response.ack().refusals(0);
      return OutOfRange("the collector left samples out: " + refusal.reason() + ": " +
                        refusal.detail());
    }
    while (acked_ < response.ack().sequence()) acknowledged_(++acked_, now);
    return OkStatus();
  }

  const std::unique_ptr<Transport> transport_;
  const std::unique_ptr<PushCall> call_;
  const Acknowledged acknowledged_;
  StreamEncoder encoder_;
  std::unordered_map<size_t, uint32_t> refs_;  // of the trials' series on the stream
  Timestamp end_ = kTimeZero;                  // of the last round
  uint64_t pushes_ = 0, acked_ = 0;
};

}  // namespace

StatusOr<std::unique_ptr<TrialSender>> MakePushSender(const std::string& collector,
                                                      const std::string& tls,
                                                      TrialSender::Acknowledged acknowledged) {
  FW_ASSIGN_OR_RETURN(EnrolledProbe probe, EnrolProbe(collector, tls, "customer-0", kHost));
  auto sender = std::make_unique<PushSender>(probe, std::move(acknowledged));
  FW_RETURN_IF_ERROR(sender->SayHello());
  return std::unique_ptr<TrialSender>(std::move(sender));
}

}  // namespace forewarn::bench
