#include "collector/doors/remote_write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "forewarn/foreign/remote_write.pb.h"
#include "model/series_source.h"
#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

constexpr int64_t kNowMs = 1'780'000'000'000;
const LimitSettings kLimits;

void Name(foreign::TimeSeries& series, const std::string& name) {
  foreign::Label* label = series.add_labels();
  label->set_name("__name__");
  label->set_value(name);
}
void Add(foreign::TimeSeries& series, int64_t at, double value) {
  foreign::Sample* sample = series.add_samples();
  sample->set_timestamp(at);
  sample->set_value(value);
}

TEST(RemoteWrite, ReadsSeriesAndSamplesAsTheyAre) {
  foreign::WriteRequest request;
  foreign::TimeSeries& up = *request.add_timeseries();
  Name(up, "up");
  Add(up, kNowMs, 1);
  Add(up, kNowMs + 15'000, std::bit_cast<double>(0x7ff0000000000002));
  BatchBuilder builder(TestToken(), kLimits, FromMillis(kNowMs));
  ASSERT_TRUE(ReadRemoteWrite(request.SerializeAsString(), builder).ok());
  std::vector<DoorBatch> batches = builder.Take();
  ASSERT_EQ(batches.size(), 1u);
  const SampleBlock& samples = batches[0].batch.samples;
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples.table->series[samples.refs[0]].name(), "up");
  EXPECT_EQ(samples.times[1], FromMillis(kNowMs + 15'000));
  EXPECT_TRUE(IsStale(samples.values[1])) << "its bits are kept";
}

TEST(RemoteWrite, CountsWhatItCannotTake) {
  foreign::WriteRequest request;
  foreign::TimeSeries& nameless = *request.add_timeseries();
  Add(nameless, kNowMs, 1);
  foreign::TimeSeries& native = *request.add_timeseries();
  Name(native, "latency");
  native.add_histograms("bytes");
  foreign::TimeSeries& good = *request.add_timeseries();
  Name(good, "up");
  Add(good, kNowMs, 1);
  BatchBuilder builder(TestToken(), kLimits, FromMillis(kNowMs));
  ASSERT_TRUE(ReadRemoteWrite(request.SerializeAsString(), builder).ok());
  EXPECT_EQ(builder.refused(), 2u);
  EXPECT_THAT(builder.first_reason(), HasSubstr("needs a __name__"));
  EXPECT_EQ(builder.samples(), 1u);
}

TEST(RemoteWrite, PassesOverMetadataExemplarsAndWhatIsUnknown) {
  // Field 3 of the request is metadata; field 3 of a series holds exemplars.
  std::string body("\x1a\x02\x08\x01\x0a\x04\x1a\x02\x08\x01", 10);
  BatchBuilder builder(TestToken(), kLimits, FromMillis(kNowMs));
  EXPECT_TRUE(ReadRemoteWrite(body, builder).ok());
  EXPECT_TRUE(builder.Take().empty());
}

TEST(RemoteWrite, RefusesWhatIsNoRequest) {
  BatchBuilder builder(TestToken(), kLimits, FromMillis(kNowMs));
  EXPECT_EQ(ReadRemoteWrite("\x0a\xff", builder).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace forewarn
