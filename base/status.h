#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace forewarn {

// Why something did not work, in the vocabulary of gRPC, so that the edges can pass it on
// unchanged.
enum class Code {
  kOk = 0,
  kCancelled = 1,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// The code in the form that logs, metrics and people read: `invalid_argument`.
std::string_view CodeName(Code code);

// The outcome of something that can fail for expected reasons: success, or a code with a message
// that names the thing and the remedy and reads from the outside in. A value; safe to copy and
// compare.
class [[nodiscard]] Status {
 public:
  Status() = default;
  // `code` is not kOk; `message` is a sentence without a final full stop.
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {
    FW_CHECK(code != Code::kOk);
  }

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same failure with what the caller knew in front: `opening the store: <message>`. Success
  // stays.
  Status With(std::string_view context) const;

  // `ok`, or `invalid_argument: <message>`.
  std::string ToString() const;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

inline Status OkStatus() { return {}; }
inline Status InvalidArgument(std::string m) { return {Code::kInvalidArgument, std::move(m)}; }
inline Status NotFound(std::string m) { return {Code::kNotFound, std::move(m)}; }
inline Status AlreadyExists(std::string m) { return {Code::kAlreadyExists, std::move(m)}; }
inline Status PermissionDenied(std::string m) { return {Code::kPermissionDenied, std::move(m)}; }
inline Status ResourceExhausted(std::string m) { return {Code::kResourceExhausted, std::move(m)}; }
inline Status FailedPrecondition(std::string m) {
  return {Code::kFailedPrecondition, std::move(m)};
}
inline Status OutOfRange(std::string m) { return {Code::kOutOfRange, std::move(m)}; }
inline Status Unavailable(std::string m) { return {Code::kUnavailable, std::move(m)}; }
inline Status DataLoss(std::string m) { return {Code::kDataLoss, std::move(m)}; }
inline Status Internal(std::string m) { return {Code::kInternal, std::move(m)}; }
inline Status Unauthenticated(std::string m) { return {Code::kUnauthenticated, std::move(m)}; }
inline Status DeadlineExceeded(std::string m) { return {Code::kDeadlineExceeded, std::move(m)}; }
inline Status Cancelled(std::string m) { return {Code::kCancelled, std::move(m)}; }

// A T, or the Status that says why there is none. Reading the value of a failure is a bug and stops
// the process.
template <typename T>
class [[nodiscard]] StatusOr {
 public:
  StatusOr(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  StatusOr(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    FW_CHECK(!status_.ok());
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  T& operator*() & {
    FW_CHECK(ok());
    return *value_;
  }
  const T& operator*() const& {
    FW_CHECK(ok());
    return *value_;
  }
  T&& operator*() && {
    FW_CHECK(ok());
    return *std::move(value_);
  }
  T* operator->() {
    FW_CHECK(ok());
    return &*value_;
  }
  const T* operator->() const {
    FW_CHECK(ok());
    return &*value_;
  }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace forewarn

#define FW_RETURN_IF_ERROR(expression)                                                  \
  do {                                                                                  \
    if (::forewarn::Status fw_status = (expression); !fw_status.ok()) return fw_status; \
  } while (false)

#define FW_CONCAT_INNER(a, b) a##b
#define FW_CONCAT(a, b) FW_CONCAT_INNER(a, b)

// FW_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
#define FW_ASSIGN_OR_RETURN(target, expression) \
  FW_ASSIGN_OR_RETURN_IMPL(FW_CONCAT(fw_result_, __LINE__), target, expression)
#define FW_ASSIGN_OR_RETURN_IMPL(result, target, expression) \
  auto result = (expression);                                \
  if (!result.ok()) return result.status();                  \
  target = *std::move(result)
