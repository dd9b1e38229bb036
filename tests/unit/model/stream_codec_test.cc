#include "model/stream_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/rng.h"
#include "model/series_source.h"

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kStart = 1'780'000'000'000;

struct Columns {
  std::vector<uint32_t> refs;
  std::vector<Timestamp> times;
  std::vector<double> values;

  void Add(uint32_t ref, int64_t ms, double value) {
    refs.push_back(ref);
    times.push_back(FromMillis(ms));
    values.push_back(value);
  }
};

std::string Encode(StreamEncoder& encoder, const Columns& columns) {
  std::string bytes;
  encoder.Encode(columns.refs, columns.times, columns.values, bytes);
  return bytes;
}

std::vector<uint64_t> Bits(const std::vector<double>& values) {
  std::vector<uint64_t> bits;
  for (double value : values) bits.push_back(std::bit_cast<uint64_t>(value));
  return bits;
}

void ExpectSame(const SampleBlock& got, const Columns& sent) {
  EXPECT_EQ(got.refs, sent.refs);
  EXPECT_EQ(got.times, sent.times);
  EXPECT_EQ(Bits(got.values), Bits(sent.values));
}

// Series that live as real ones do, and some that do not.
double Next(uint32_t kind, double last, Rng& rng) {
  double step = std::floor(rng.Unit() * 2000);
  switch (kind) {
    case 0: return last + step;
    case 1: return std::floor(rng.Unit() * 10'000) / 100;
    case 2: return std::floor(rng.Unit() * 4e6) * 4096;
    case 3: return rng.Unit();
    case 4: return last;
    case 5: return std::bit_cast<double>(rng.Next());
    case 6: return rng.Chance(0.5) ? -0.0 : 0.0;
    case 7: return rng.Chance(0.3) ? StaleMarker() : std::floor(rng.Unit() * 10) / 1000;
    case 8: return std::ldexp(1.0, static_cast<int>(rng.Below(128))) * (rng.Chance(0.5) ? 1 : -1);
    case 9: return static_cast<double>(rng.Below(1'000'000'000'000)) / 1e12;
    default: {
      constexpr double kEdges[] = {std::numeric_limits<double>::infinity(),
                                   -std::numeric_limits<double>::infinity(),
                                   std::numeric_limits<double>::max(),
                                   std::numeric_limits<double>::denorm_min(),
                                   9007199254740992.0,
                                   -9007199254740993.0,
                                   512.0,
                                   4096.0 * 1024 * 1024,
                                   0.1,
                                   1e-12,
                                   1e-13};
      return kEdges[rng.Below(std::size(kEdges))];
    }
  }
}

TEST(StreamCodec, GivesBackEveryBitOfEverySample) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    StreamEncoder encoder;
    StreamDecoder decoder;
    std::vector<double> last;
    int64_t now = kStart;
    for (int block = 0; block < 12; ++block) {
      size_t named = last.size() + rng.Below(20) + (last.empty() ? 1 : 0);
      last.resize(named);
      Columns sent;
      bool shuffled = rng.Chance(0.2);
      size_t count = 1 + rng.Below(3 * named);
      for (size_t i = 0; i < count; ++i) {
        auto ref = static_cast<uint32_t>(shuffled ? rng.Below(named) : i % named);
        if (rng.Chance(0.05)) now += static_cast<int64_t>(rng.Below(20'000)) - 2'000;
        last[ref] = Next(ref % 11, last[ref], rng);
        sent.Add(ref, now, last[ref]);
      }
      SampleBlock got;
      Status status = decoder.Decode(Encode(encoder, sent), named, got);
      ASSERT_TRUE(status.ok()) << status.ToString();
      ExpectSame(got, sent);
    }
  }
}

TEST(StreamCodec, WritesTheBytesOfTheProtocol) {
  StreamEncoder encoder;
  Columns first;
  first.Add(0, 1000, 5);
  first.Add(1, 1000, 1.25);
  first.Add(2, 1000, 0);
  first.Add(3, 1003, 0);
  first.Add(7, 1003, StaleMarker());
  EXPECT_EQ(Encode(encoder, first),
            std::string("\x01\x05"
                        "\x00\x04\x06\x01"                       // references 0 to 3, then 7
                        "\xd0\x0f\x03\x06\x02"                   // 1000 three times, 1003 twice
                        "\x14"                                   // + 5
                        "\x0b\xfa\x01"                           // scale 2, 125
                        "\x09"                                   // 2 unchanged
                        "\x5f\x02\x00\x00\x00\x00\x00\xf0\x7f",  // all eight bytes changed
                        2 + 4 + 5 + 1 + 3 + 1 + 9));
  Columns second;
  second.Add(1, 2000, 1.26);
  second.Add(2, 2000, 8192 * 1024.0);
  second.Add(7, 2000, StaleMarker());
  EXPECT_EQ(Encode(encoder, second),
            std::string("\x01\x03"
                        "\x02\x02\x08\x01"
                        "\xa0\x1f\x03"
                        "\x04"          // + 1
                        "\x3b\x80\x20"  // scale 14, 2048 pages
                        "\x05",         // 1 unchanged
                        2 + 4 + 3 + 1 + 3 + 1));
}

TEST(StreamCodec, ARegularRoundCostsFewBytes) {
  StreamEncoder encoder;
  std::string bytes;
  std::vector<double> values(1000);
  for (int round = 0; round < 20; ++round) {
    Columns sent;
    for (uint32_t ref = 0; ref < 1000; ++ref) {
      if (ref % 2 == 0) values[ref] += 10;  // the others stand still
      sent.Add(ref, kStart + round * 15'000, values[ref]);
    }
    bytes = Encode(encoder, sent);
  }
  EXPECT_EQ(bytes.size(), 1000u + 14u);  // a byte for each change and for each run beside it
  Columns still;
  for (uint32_t ref = 0; ref < 1000; ++ref) still.Add(ref, kStart, values[ref]);
  EXPECT_EQ(Encode(encoder, still).size(), 14u + 2u);
}

TEST(StreamCodec, ANewStreamNeedsNothingOfTheOldOne) {
  StreamEncoder old_stream;
  Columns sent;
  for (uint32_t ref = 0; ref < 50; ++ref) sent.Add(ref, kStart, 1000.5 + ref);
  Encode(old_stream, sent);
  std::string never_arrived = Encode(old_stream, sent);
  StreamEncoder new_stream;
  SampleBlock got;
  ASSERT_TRUE(StreamDecoder().Decode(Encode(new_stream, sent), 50, got).ok());
  ExpectSame(got, sent);
}

TEST(StreamCodec, AppendsToTheColumnsThatAreThere) {
  StreamEncoder encoder;
  Columns sent;
  sent.Add(0, kStart, 1);
  SampleBlock got;
  got.refs = {4};
  got.times = {FromMillis(7)};
  got.values = {8};
  ASSERT_TRUE(StreamDecoder().Decode(Encode(encoder, sent), 1, got).ok());
  EXPECT_THAT(got.refs, ElementsAre(4, 0));
  EXPECT_THAT(got.values, ElementsAre(8, 1));
}

std::string Error(std::string_view bytes, size_t series = 10) {
  SampleBlock got;
  return StreamDecoder().Decode(bytes, series, got).ToString();
}

TEST(StreamCodec, NamesTheByteThatBreaksARule) {
  using namespace std::string_view_literals;
  EXPECT_THAT(Error(""sv), HasSubstr("byte 0: the format"));
  EXPECT_THAT(Error("\x02\x01"sv), HasSubstr("byte 0: the format is not 1"));
  EXPECT_THAT(Error("\x01\x00"sv), HasSubstr("byte 1: 0 samples"));
  EXPECT_THAT(Error("\x01\x81\x80\x04"sv), HasSubstr("65537 samples, but a block has 1 to 65536"));
  EXPECT_THAT(Error("\x01\x02\x00\x03"sv), HasSubstr("byte 2: a run of 3 references, where 2"));
  EXPECT_THAT(Error("\x01\x02\x00\x00"sv), HasSubstr("a run of 0 references"));
  EXPECT_THAT(Error("\x01\x02\x12\x02"sv),
              HasSubstr("references 9 to 10, but the stream has named 10 series"));
  EXPECT_THAT(Error("\x01\x01\x01\x01"sv), HasSubstr("byte 2: references"));
  EXPECT_THAT(Error("\x01\x01\x00\x01\x01\x01"sv), HasSubstr("byte 4: -1 is not a time"));
  EXPECT_THAT(Error("\x01\x01\x00\x01\x00\x02"sv), HasSubstr("byte 4: a run of 2 times"));
  EXPECT_THAT(Error("\x01\x01\x00\x01\x00\x01\x09"sv),
              HasSubstr("byte 6: a run of 2 unchanged values, where 1 are left"));
  EXPECT_THAT(Error("\x01\x01\x00\x01\x00\x01\x3f"sv), HasSubstr("no escape has the code 15"));
  EXPECT_THAT(Error("\x01\x01\x00\x01\x00\x01\x7f"sv), HasSubstr("no escape has the code 31"));
  EXPECT_THAT(Error("\x01\x01\x00\x01\x00\x01\x47\x01"sv),
              HasSubstr("byte 7: a value is cut short"));
  EXPECT_THAT(Error("\x01\x01\x00\x01\x00\x01\x02\x00"sv), HasSubstr("byte 7: something follows"));
  EXPECT_THAT(Error("\x01\x02\x00\x01\x01\x01\x00\x02\x43\x01\x02"sv),
              HasSubstr("byte 10: a difference for reference 0"));
  EXPECT_THAT(Error("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv), HasSubstr("too long"));
}

TEST(StreamCodec, RefusesABlockThatIsCutAnywhere) {
  StreamEncoder encoder;
  Columns sent;
  Rng rng(3);
  for (uint32_t ref = 0; ref < 11; ++ref) {
    for (int i = 0; i < 3; ++i) sent.Add(ref, kStart + i, Next(ref, i, rng));
  }
  std::string bytes = Encode(encoder, sent);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(Error(std::string_view(bytes).substr(0, size), 11), HasSubstr("packed_samples"));
  }
}

TEST(StreamCodec, ForeignDifferencesWrapAround) {
  using namespace std::string_view_literals;
  // Twice the largest difference there is.
  SampleBlock got;
  auto bytes =
      "\x01\x02\x00\x01\x01\x01\x00\x02"
      "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"
      "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv;
  ASSERT_TRUE(StreamDecoder().Decode(bytes, 1, got).ok());
  EXPECT_THAT(got.values, ElementsAre(-4611686018427387904.0, -9223372036854775808.0));
}

}  // namespace
}  // namespace forewarn
