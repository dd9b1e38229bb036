#include "collector/doors/remote_write.h"

#include <google/protobuf/arena.h>

#include <utility>
#include <vector>

#include "collector/doors/bounded_parse.h"
#include "forewarn/foreign/remote_write.pb.h"

namespace forewarn {

Status ReadRemoteWrite(std::string_view body, BatchBuilder& out) {
  google::protobuf::Arena arena;
  auto& request = *google::protobuf::Arena::CreateMessage<foreign::WriteRequest>(&arena);
  FW_RETURN_IF_ERROR(ParseBounded(body, request).With("remote write 1.0"));
  for (foreign::TimeSeries& series : *request.mutable_timeseries()) {
    if (series.samples_size() == 0 && series.histograms_size() == 0) continue;
    std::vector<Labels::Pair> labels;
    labels.reserve(static_cast<size_t>(series.labels_size()) + 3);
    for (const foreign::Label& label : series.labels()) {
      labels.emplace_back(label.name(), label.value());
    }
    uint32_t ref = out.AddSeries(std::move(labels));
    for (const foreign::Sample& sample : series.samples()) {
      out.AddSample(ref, sample.timestamp(), sample.value());
    }
    out.Refuse(static_cast<uint64_t>(series.histograms_size()),
               "native histograms are not taken; leave send_native_histograms off");
  }
  return OkStatus();
}

}  // namespace forewarn
