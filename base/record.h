#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/fingerprint.h"
#include "base/status.h"
#include "base/time.h"

// The stored form of our nouns. A struct lists its fields once, each with a number that is never
// reused:
//
//   struct Contact {
//     std::string name;
//     std::vector<std::string> emails;
//     template <typename Self, typename Visitor>
//     static void Fields(Self& self, Visitor&& visit) {
//       visit(1, self.name);
//       visit(2, self.emails);
//     }
//   };
//
// and EncodeRecord/DecodeRecord do the rest. The bytes are protobuf's wire format, so that
// `protoc --decode_raw` reads a database, and so that both directions of an upgrade work: a field
// that a reader does not know is skipped, one that a writer did not have keeps its default.
//
//   record  := field*
//   field   := varint(number << 3 | type) payload
//   type 0  := varint: bool, unsigned; zigzag: signed, enum, Timestamp and Duration (milliseconds)
//   type 1  := 8 bytes, little-endian: double, Fingerprint
//   type 2  := varint(length) bytes: string, nested record, pair (a record of fields 1 and 2)
//   variant := a nested record with one field, whose number is the alternative's place, from 1
//   vector  := one field for each element, in order;  optional := the field, or nothing
//
// A plain field that equals zero, false or the empty string is left out where its default is the
// same.

namespace forewarn {

template <typename T>
std::string EncodeRecord(const T& value);

// Refuses bytes that are not a record, or whose field has another type than T's. Never reads past
// the end and never allocates more than the input is long.
template <typename T>
StatusOr<T> DecodeRecord(std::string_view bytes);

namespace record_internal {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

// Written as a vector of its elements would be; it cannot be read.
template <typename T>
concept IsList = IsVector<T>::value || requires {
  typename T::IsRecordList;
};

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsPair : std::false_type {};
template <typename A, typename B>
struct IsPair<std::pair<A, B>> : std::true_type {};

template <typename T>
struct IsVariant : std::false_type {};
template <typename... T>
struct IsVariant<std::variant<T...>> : std::true_type {};

enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kLength = 2 };

template <typename T>
constexpr WireType WireTypeOf() {
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, Fingerprint>) {
    return kFixed64;
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, Timestamp> ||
                       std::is_same_v<T, Duration>) {
    return kVarint;
  } else {
    return kLength;
  }
}

template <typename T>
void EncodeFields(Encoder& out, const T& value);
template <typename T>
bool DecodeFields(Decoder& in, T& value, int depth);

template <typename T>
void EncodePayload(Encoder& out, const T& value) {
  if constexpr (std::is_same_v<T, double>) {
    out.Double(value);
  } else if constexpr (std::is_same_v<T, Fingerprint>) {
    out.Fixed64(value.value());
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    out.Signed(ToMillis(value));
  } else if constexpr (std::is_same_v<T, Duration>) {
    out.Signed(value.count());
  } else if constexpr (std::is_enum_v<T>) {
    out.Signed(static_cast<int64_t>(value));
  } else if constexpr (std::is_same_v<T, bool> || std::is_unsigned_v<T>) {
    out.Varint(value);
  } else if constexpr (std::is_integral_v<T>) {
    out.Signed(value);
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    out.Bytes(value);
  } else {
    const size_t begin = out.BeginBytes();
    EncodeFields(out, value);
    out.EndBytes(begin);
  }
}

// Zero, false, empty: what may go without saying.
template <typename T>
bool IsZero(const T& value) {
  if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<uint64_t>(value) == 0;  // -0.0 is something else
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> ||
                       std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view> ||
                       std::is_same_v<T, Timestamp> || std::is_same_v<T, Duration> ||
                       std::is_same_v<T, Fingerprint>) {
    return value == T{};
  } else {
    return false;
  }
}

// For each field of T, in order, whether it may be left out when it is zero: the reader will put
// the default there, so the default must be zero too.
template <typename T>
const std::vector<bool>& ZeroIsDefault() {
  static const std::vector<bool> fields = [] {
    std::vector<bool> out;
    const T defaults{};
    T::Fields(defaults, [&](uint32_t, const auto& field) { out.push_back(IsZero(field)); });
    return out;
  }();
  return fields;
}

template <typename T>
void EncodeField(Encoder& out, uint32_t number, const T& value, bool may_omit) {
  if constexpr (IsList<T>) {
    for (const auto& element : value) {
      out.Varint(number << 3 | WireTypeOf<typename T::value_type>());
      EncodePayload<typename T::value_type>(out, element);
    }
  } else if constexpr (IsOptional<T>::value) {
    if (!value) return;
    out.Varint(number << 3 | WireTypeOf<typename T::value_type>());
    EncodePayload(out, *value);
  } else {
    if (may_omit && IsZero(value)) return;
    out.Varint(number << 3 | WireTypeOf<T>());
    EncodePayload(out, value);
  }
}

template <typename T>
void EncodeFields(Encoder& out, const T& value) {
  if constexpr (IsVariant<T>::value) {
    auto number = static_cast<uint32_t>(value.index()) + 1;
    std::visit([&](const auto& held) { EncodeField(out, number, held, false); }, value);
  } else if constexpr (IsPair<T>::value) {
    EncodeField(out, 1, value.first, true);
    EncodeField(out, 2, value.second, true);
  } else {
    const std::vector<bool>& zero_is_default = ZeroIsDefault<T>();
    size_t index = 0;
    T::Fields(value, [&](uint32_t number, const auto& field) {
      EncodeField(out, number, field, zero_is_default[index++]);
    });
  }
}

// A nested record may hold records of its own kind, so bad bytes could nest without end.
inline constexpr int kMaxDepth = 16;

template <typename T>
bool DecodePayload(Decoder& in, T& value, int depth) {
  if constexpr (std::is_same_v<T, double>) {
    value = in.Double();
  } else if constexpr (std::is_same_v<T, Fingerprint>) {
    value = Fingerprint(in.Fixed64());
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    value = FromMillis(in.Signed());
  } else if constexpr (std::is_same_v<T, Duration>) {
    value = Duration(in.Signed());
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(in.Signed());
  } else if constexpr (std::is_same_v<T, bool>) {
    value = in.Varint() != 0;
  } else if constexpr (std::is_unsigned_v<T>) {
    value = static_cast<T>(in.Varint());
  } else if constexpr (std::is_integral_v<T>) {
    value = static_cast<T>(in.Signed());
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = std::string(in.Bytes());
  } else {
    Decoder nested(in.Bytes());
    if (in.failed() || depth >= kMaxDepth) return false;
    return DecodeFields(nested, value, depth + 1);
  }
  return !in.failed();
}

template <typename T>
bool DecodeField(Decoder& in, WireType type, T& value, int depth) {
  if constexpr (IsVector<T>::value) {
    if (type != WireTypeOf<typename T::value_type>()) return false;
    typename T::value_type element{};
    if (!DecodePayload(in, element, depth)) return false;
    value.push_back(std::move(element));
    return true;
  } else if constexpr (IsOptional<T>::value) {
    if (type != WireTypeOf<typename T::value_type>()) return false;
    return DecodePayload(in, value.emplace(), depth);
  } else {
    return type == WireTypeOf<T>() && DecodePayload(in, value, depth);
  }
}

// Calls visit(number, alternative) for the alternative that the field numbered `number` means, made
// anew.
template <size_t kIndex = 0, typename T, typename Visitor>
void VisitAlternative(T& value, uint64_t number, Visitor&& visit) {
  if constexpr (kIndex < std::variant_size_v<T>) {
    if (number == kIndex + 1) {
      visit(static_cast<uint32_t>(number), value.template emplace<kIndex>());
    } else {
      VisitAlternative<kIndex + 1>(value, number, visit);
    }
  }
}

inline bool Skip(Decoder& in, uint8_t type) {
  switch (type) {
    case kVarint: in.Varint(); break;
    case kFixed64: in.Fixed64(); break;
    case kLength: in.Bytes(); break;
    default: return false;
  }
  return !in.failed();
}

template <typename T>
bool DecodeFields(Decoder& in, T& value, int depth) {
  while (!in.done()) {
    uint64_t tag = in.Varint();
    if (in.failed()) return false;
    uint8_t type = tag & 7;
    bool known = false;
    bool good = true;
    auto visit = [&](uint32_t number, auto& field) {
      if (known || tag >> 3 != number) return;
      known = true;
      good = DecodeField(in, static_cast<WireType>(type), field, depth);
    };
    if constexpr (IsVariant<T>::value) {
      VisitAlternative(value, tag >> 3, visit);
      good = good && known;  // an alternative from a newer version has no meaning here
    } else if constexpr (IsPair<T>::value) {
      visit(1, value.first);
      visit(2, value.second);
    } else {
      T::Fields(value, visit);
    }
    if (!good || (!known && !Skip(in, type))) return false;
  }
  return !in.failed();
}

}  // namespace record_internal

template <typename T>
std::string EncodeRecord(const T& value) {
  Encoder out;
  record_internal::EncodeFields(out, value);
  return out.Take();
}

template <typename T>
StatusOr<T> DecodeRecord(std::string_view bytes) {
  Decoder in(bytes);
  T value{};
  if (!record_internal::DecodeFields(in, value, 0)) return DataLoss("record cut short or damaged");
  return value;
}

}  // namespace forewarn
