#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/labels.h"

namespace forewarn::bench {

// Writes the bodies of Prometheus remote write 1.0: a protobuf WriteRequest under snappy's block
// format. By hand, so that the load generator costs little beside the server that it measures.
class RemoteWriteBody {
 public:
  struct Point {
    Timestamp at;
    double value;
  };

  // What a request with such a body has to say of it.
  static constexpr const char* kHeaders =
      "Content-Type: application/x-protobuf\r\n"
      "Content-Encoding: snappy\r\n"
      "X-Prometheus-Remote-Write-Version: 0.1.0\r\n";

  // What Add() wants as `labels`; made once for each series.
  static std::string EncodeLabels(const Labels& labels);

  // One time series with its samples in time order.
  void Add(std::string_view encoded_labels, std::span<const Point> points);

  size_t samples() const { return samples_; }
  // The compressed body of what was added; begins anew.
  std::string Finish();

 private:
  std::string message_;
  size_t samples_ = 0;
};

}  // namespace forewarn::bench
