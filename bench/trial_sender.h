#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace forewarn::bench {

// A new value of the series `bad{trial="<trial>"}`.
struct TrialSample {
  size_t trial = 0;
  double value = 0;
};

// A way for few samples to reach a server, each at the time it is sent. Used by one thread.
class TrialSender {
 public:
  // Called with the number of a push, counted from 1, and when it was acknowledged (Seconds() of bench/timing.h).
  using Acknowledged = std::function<void(uint64_t push, double at)>;

  virtual ~TrialSender() = default;

  // Sends them together. May wait for the acknowledgement.
  virtual Status Push(std::span<const TrialSample> samples) = 0;
  // Returns at that time (Seconds()), and takes acknowledgements until then.
  virtual Status WaitUntil(double at) = 0;
  // Waits until everything is acknowledged; an error when that takes half a minute.
  virtual Status Finish() = 0;
};

// As a probe of `customer-0` does: enrols with the operator's certificate in `tls` (bench/enrol_probe.h) and pushes
// over mutual TLS, each push a batch with the end of a round, so that rules see it at once.
StatusOr<std::unique_ptr<TrialSender>> MakePushSender(const std::string& collector,
                                                      const std::string& tls,
                                                      TrialSender::Acknowledged acknowledged);

// As Prometheus does: remote write 1.0 to a port of this machine, one request a push.
std::unique_ptr<TrialSender> MakeRemoteWriteSender(uint16_t port,
                                                   const std::vector<std::string>& headers,
                                                   TrialSender::Acknowledged acknowledged);

}  // namespace forewarn::bench
