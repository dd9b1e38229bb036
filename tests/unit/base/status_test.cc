#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace forewarn {
namespace {

TEST(Status, ReadsFromTheOutsideIn) {
  Status status = NotFound("no such file").With("reading a.yaml").With("starting");
  EXPECT_EQ(status.message(), "starting: reading a.yaml: no such file");
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.ToString(), "not_found: starting: reading a.yaml: no such file");
  EXPECT_EQ(OkStatus().With("starting"), OkStatus());
  EXPECT_EQ(OkStatus().ToString(), "ok");
}

TEST(Status, EveryCodeHasANameOfItsOwn) {
  EXPECT_EQ(CodeName(Code::kResourceExhausted), "resource_exhausted");
  EXPECT_EQ(CodeName(Code::kUnauthenticated), "unauthenticated");
}

StatusOr<std::unique_ptr<int>> Halve(int number) {
  if (number % 2 != 0) return InvalidArgument("odd");
  return std::make_unique<int>(number / 2);
}

StatusOr<int> Quarter(int number) {
  FW_ASSIGN_OR_RETURN(std::unique_ptr<int> half, Halve(number));
  FW_ASSIGN_OR_RETURN(std::unique_ptr<int> quarter, Halve(*half));
  return *quarter;
}

TEST(StatusOr, HoldsAValueOrTheReason) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(6).status(), InvalidArgument("odd"));
  EXPECT_TRUE(Quarter(12).status().ok());
}

TEST(StatusOrDeathTest, ReadingTheValueOfAFailureStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(*Quarter(1), "check failed");
}

}  // namespace
}  // namespace forewarn
