#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "bench/alert_trials.h"
#include "bench/http_connection.h"
#include "bench/remote_write.h"
#include "bench/timing.h"
#include "bench/trial_sender.h"

namespace forewarn::bench {
namespace {

class RemoteWriteSender : public TrialSender {
 public:
  RemoteWriteSender(uint16_t port, const std::vector<std::string>& headers,
                    Acknowledged acknowledged)
      : connection_(port), acknowledged_(std::move(acknowledged)) {
    for (const std::string& header : headers) headers_ += header + "\r\n";
  }

  Status Push(std::span<const TrialSample> samples) override {
    const Timestamp now = SystemClock().Now();
    for (const TrialSample& sample : samples) {
      const RemoteWriteBody::Point point{now, sample.value};
      Labels labels;
      labels.Set("__name__", "bad");
      labels.Set(kTrialLabel, std::to_string(sample.trial));
      body_.Add(RemoteWriteBody::EncodeLabels(labels), {&point, 1});
    }
    ++pushes_;
    FW_ASSIGN_OR_RETURN(HttpAnswer answer,
                        connection_.Call("POST", "/api/v1/write", headers_, body_.Finish()));
    if (answer.status / 100 != 2) {
      return Unavailable(
          fmt::format("remote write was answered with {}: {}", answer.status, answer.body));
    }
    acknowledged_(pushes_, Seconds());
    return OkStatus();
  }

  Status WaitUntil(double at) override {
    std::this_thread::sleep_for(std::chrono::duration<double>(std::max(0.0, at - Seconds())));
    return OkStatus();
  }

  Status Finish() override { return OkStatus(); }

 private:
  HttpConnection connection_;
  const Acknowledged acknowledged_;
  std::string headers_ = RemoteWriteBody::kHeaders;
  RemoteWriteBody body_;
  uint64_t pushes_ = 0;
};

}  // namespace

std::unique_ptr<TrialSender> MakeRemoteWriteSender(uint16_t port,
                                                   const std::vector<std::string>& headers,
                                                   TrialSender::Acknowledged acknowledged) {
  return std::make_unique<RemoteWriteSender>(port, headers, std::move(acknowledged));
}

}  // namespace forewarn::bench
