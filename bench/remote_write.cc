#include "bench/remote_write.h"

#include <snappy.h>

#include <cstdint>
#include <cstring>

namespace forewarn::bench {
namespace {

// Fields of prompb.WriteRequest as tags: number << 3 | wire type.
constexpr char kTimeSeries = 0x0a;   // WriteRequest.timeseries = 1
constexpr char kLabel = 0x0a;        // TimeSeries.labels = 1
constexpr char kSample = 0x12;       // TimeSeries.samples = 2
constexpr char kLabelName = 0x0a;    // Label.name = 1
constexpr char kLabelValue = 0x12;   // Label.value = 2
constexpr char kSampleValue = 0x09;  // Sample.value = 1, eight bytes
constexpr char kSampleTime = 0x10;   // Sample.timestamp = 2

size_t VarintSize(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

void PutVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void PutText(std::string& out, char tag, std::string_view text) {
  out.push_back(tag);
  PutVarint(out, text.size());
  out.append(text);
}

size_t SampleSize(uint64_t millis) { return 1 + 8 + 1 + VarintSize(millis); }

}  // namespace

std::string RemoteWriteBody::EncodeLabels(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    std::string label;
    PutText(label, kLabelName, name);
    PutText(label, kLabelValue, value);
    PutText(out, kLabel, label);
  }
  return out;
}

void RemoteWriteBody::Add(std::string_view encoded_labels, std::span<const Point> points) {
  size_t size = encoded_labels.size();
  for (const Point& point : points) {
    size +=
        2 + SampleSize(static_cast<uint64_t>(ToMillis(point.at)));  // a sample is below 128 bytes
  }
  message_.push_back(kTimeSeries);
  PutVarint(message_, size);
  message_.append(encoded_labels);
  for (const Point& point : points) {
    auto millis = static_cast<uint64_t>(ToMillis(point.at));
    message_.push_back(kSample);
    PutVarint(message_, SampleSize(millis));
    message_.push_back(kSampleValue);
    char bytes[sizeof point.value];
    std::memcpy(bytes, &point.value, sizeof bytes);
    message_.append(bytes, sizeof bytes);
    message_.push_back(kSampleTime);
    PutVarint(message_, millis);
  }
  samples_ += points.size();
}

std::string RemoteWriteBody::Finish() {
  std::string body;
  snappy::Compress(message_.data(), message_.size(), &body);
  message_.clear();
  samples_ = 0;
  return body;
}

}  // namespace forewarn::bench
