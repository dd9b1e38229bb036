#include "store/chunk_values.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

std::string Encoded(const std::vector<double>& values) {
  std::vector<Sample> samples;
  for (double value : values) samples.push_back({{}, value});
  Encoder out;
  EncodeValues(samples, out);
  return out.Take();
}

std::vector<double> Decoded(std::string_view bytes, size_t count) {
  std::vector<Sample> samples(count);
  Decoder in(bytes);
  if (!DecodeValues(in, samples)) return {};
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(sample.value);
  return values;
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (char c : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return hex;
}

// As the grammar in chunk.cc says, byte by byte.
TEST(ChunkValues, WriteTheFormThatIsSmallest) {
  EXPECT_EQ(Hex(Encoded({1, 1, 1})), "00000000000000f03f") << "constant";
  EXPECT_EQ(Hex(Encoded({5, 7, 7, 7, 6})), "03000a04000201") << "steps, with a run of none";
  EXPECT_EQ(Hex(Encoded({0.5, 0.25})), "03026431") << "hundredths";
  EXPECT_EQ(Hex(Encoded({10, 110, 210, 310, 411})), "040014c801000202") << "turns of a counter";
  EXPECT_EQ(Encoded({0.1, 1e300})[0], 1) << "xor";
}

TEST(ChunkValues, ReadThePackedIntegersOfFormat1) {
  std::string packed("\x02\x01\x0a\x02\x90", 5);  // tenths; 5, then +1 and -1 in two bits each
  EXPECT_EQ(Decoded(packed, 3), (std::vector<double>{0.5, 0.6, 0.5}));
}

TEST(ChunkValues, RefuseRunsThatAreTooLong) {
  std::string steps("\x03\x00\x0a\x00\x05", 5);
  EXPECT_TRUE(Decoded(steps, 5).empty());
  EXPECT_EQ(Decoded(steps, 6).size(), 6u);
  EXPECT_TRUE(Decoded(steps, 7).empty()) << "and those that are too short";
  EXPECT_TRUE(Decoded(std::string("\x03\x00\x0a\x00\x00", 5), 6).empty());
}

TEST(ChunkValues, RefuseWhatTheyDoNotKnow) {
  EXPECT_TRUE(Decoded("\x05", 1).empty());
  EXPECT_TRUE(Decoded(std::string("\x03\x0a\x0a", 3), 1).empty()) << "an exponent of ten";
  EXPECT_TRUE(Decoded("", 1).empty());
}

}  // namespace
}  // namespace forewarn
