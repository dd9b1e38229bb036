#include "base/record.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace forewarn {
namespace {

enum class Colour : int32_t { kNone = 0, kRed = 1, kBelow = -5 };

struct Inner {
  std::string name;
  uint64_t number = 0;

  friend bool operator==(const Inner&, const Inner&) = default;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.name);
    visit(2, self.number);
  }
};

struct Everything {
  bool flag = false;
  int32_t small = 0;
  int64_t big = 0;
  uint32_t count = 0;
  double ratio = 0;
  Colour colour = Colour::kNone;
  Timestamp at;
  Duration took{0};
  Fingerprint print;
  std::string text;
  Inner inner;
  std::optional<int64_t> maybe;
  std::vector<std::string> words;
  std::vector<uint64_t> numbers;
  std::vector<Inner> inners;
  std::vector<std::pair<std::string, std::string>> pairs;
  std::variant<Inner, std::string, int64_t> choice;

  friend bool operator==(const Everything&, const Everything&) = default;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.flag);
    visit(2, self.small);
    visit(3, self.big);
    visit(4, self.count);
    visit(5, self.ratio);
    visit(6, self.colour);
    visit(7, self.at);
    visit(8, self.took);
    visit(9, self.print);
    visit(10, self.text);
    visit(11, self.inner);
    visit(12, self.maybe);
    visit(13, self.words);
    visit(14, self.numbers);
    visit(15, self.inners);
    visit(16, self.pairs);
    visit(17, self.choice);
  }
};

Everything Full() {
  Everything e;
  e.flag = true;
  e.small = std::numeric_limits<int32_t>::min();
  e.big = std::numeric_limits<int64_t>::max();
  e.count = 7;
  e.ratio = -1.5;
  e.colour = Colour::kBelow;
  e.at = FromMillis(1'777'629'600'250);
  e.took = -3ms;
  e.print = Fingerprint(0xfedcba9876543210);
  e.text = std::string("a\0b", 3);
  e.inner = {"inside", 42};
  e.maybe = 0;
  e.words = {"", "x", ""};
  e.numbers = {0, std::numeric_limits<uint64_t>::max()};
  e.inners = {{"", 0}, {"y", 1}};
  e.pairs = {{"k", ""}, {"", "v"}};
  e.choice = std::string("second");
  return e;
}

TEST(Record, ReadsBackWhatItWrote) {
  EXPECT_EQ(*DecodeRecord<Everything>(EncodeRecord(Full())), Full());
  EXPECT_EQ(*DecodeRecord<Everything>(EncodeRecord(Everything{})), Everything{});
}

TEST(Record, KeepsWhatEqualsZeroWhereItsBeingThereMatters) {
  Everything e;
  e.maybe = 0;
  e.words = {""};
  e.choice = int64_t{0};
  Everything back = *DecodeRecord<Everything>(EncodeRecord(e));
  EXPECT_EQ(back.maybe, 0);
  EXPECT_EQ(back.words.size(), 1u);
  EXPECT_EQ(back, e) << "which alternative it is, though its value is zero";
}

struct Hopeful {
  bool plan = true;
  int32_t tier = 1;
  std::string locale = "en";
  Duration wait = 2min;

  friend bool operator==(const Hopeful&, const Hopeful&) = default;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.plan);
    visit(2, self.tier);
    visit(3, self.locale);
    visit(4, self.wait);
  }
};

TEST(Record, KeepsAZeroWhoseDefaultIsSomethingElse) {
  Hopeful none{false, 0, "", 0ms};
  EXPECT_EQ(*DecodeRecord<Hopeful>(EncodeRecord(none)), none);
  EXPECT_EQ(*DecodeRecord<Hopeful>(""), Hopeful{}) << "a writer that did not have the fields";
}

TEST(Record, ANegativeZeroAndANanKeepTheirBits) {
  for (double value : {-0.0, std::nan(""), std::bit_cast<double>(uint64_t{0x7ff0000000000002})}) {
    Everything e;
    e.ratio = value;
    EXPECT_EQ(std::bit_cast<uint64_t>(DecodeRecord<Everything>(EncodeRecord(e))->ratio),
              std::bit_cast<uint64_t>(value));
  }
}

// The bytes are protobuf's: message { string name = 1; uint64 number = 2; }.
TEST(Record, WritesProtobufsWireFormat) {
  EXPECT_EQ(EncodeRecord(Inner{"ab", 300}), std::string("\x0a\x02"
                                                        "ab\x10\xac\x02"));
  EXPECT_EQ(EncodeRecord(Inner{}), "");
}

struct InnerOfNextYear {
  std::string name;
  std::vector<Inner> more;
  double ratio = 0;
  int64_t last = 0;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.name);
    visit(7, self.more);
    visit(8, self.ratio);
    visit(900, self.last);
  }
};

TEST(Record, SkipsFieldsOfANewerVersion) {
  InnerOfNextYear next{"n", {{"a", 1}, {"b", 2}}, 0.5, 9};
  EXPECT_EQ(*DecodeRecord<Inner>(EncodeRecord(next)), (Inner{"n", 0}));
}

TEST(Record, KeepsDefaultsForFieldsOfANewerVersion) {
  InnerOfNextYear next = *DecodeRecord<InnerOfNextYear>(EncodeRecord(Inner{"n", 5}));
  EXPECT_EQ(next.name, "n");
  EXPECT_TRUE(next.more.empty());
}

TEST(Record, RefusesAFieldOfAnotherType) {
  EXPECT_EQ(DecodeRecord<Inner>("\x08\x05").status().code(), Code::kDataLoss) << "name as a number";
  EXPECT_EQ(DecodeRecord<Inner>("\x12\x01x").status().code(), Code::kDataLoss) << "number as text";
}

TEST(Record, RefusesAnAlternativeItDoesNotKnow) {
  using Old = std::variant<Inner>;
  using New = std::variant<Inner, Inner>;
  New value;
  value.emplace<1>(Inner{"x", 1});
  EXPECT_FALSE(DecodeRecord<Old>(EncodeRecord(value)).ok());
}

TEST(Record, EveryCutIsRefusedOrHoldsWholeFields) {
  std::string bytes = EncodeRecord(Full());
  for (size_t size = 0; size < bytes.size(); ++size) {
    StatusOr<Everything> cut = DecodeRecord<Everything>(std::string_view(bytes).substr(0, size));
    if (cut.ok()) {
      EXPECT_NE(*cut, Full());
    }
  }
}

TEST(Record, DamageNeverBreaksTheReader) {
  std::string bytes = EncodeRecord(Full());
  for (size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string damaged = bytes;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
    StatusOr<Everything> read = DecodeRecord<Everything>(damaged);
    if (!read.ok()) {
      EXPECT_EQ(read.status().message(), "record cut short or damaged");
    }
  }
}

struct Nest {
  std::vector<Nest> inside;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.inside);
  }
};

TEST(Record, DoesNotFollowBytesThatNestWithoutEnd) {
  Nest nest;
  for (int i = 0; i < 10; ++i) {
    Nest outer;
    outer.inside.push_back(std::move(nest));
    nest = std::move(outer);
  }
  std::string bytes = EncodeRecord(nest);
  EXPECT_TRUE(DecodeRecord<Nest>(bytes).ok());
  for (int i = 0; i < 20'000; ++i) {
    Encoder out;
    out.U8(0x0a);
    out.Bytes(bytes.size() < 200'000 ? bytes : bytes.substr(0, 10));
    bytes = out.Take();
  }
  EXPECT_FALSE(DecodeRecord<Nest>(bytes).ok());
}

}  // namespace
}  // namespace forewarn
