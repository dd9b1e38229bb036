#include "collector/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace forewarn {
namespace {

const std::vector<std::string> kNobody;
const std::vector<std::string> kProbe = {
    "spiffe://forewarn/customer/acme/installation/prod/probe/2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"};
const std::vector<std::string> kOperator = {"spiffe://forewarn/operator/admin"};

Code Outcome(std::string_view method, const std::vector<std::string>& uris) {
  return CheckAccess(method, uris).status().code();
}

TEST(Access, EnrolAndHealthAreOpenToAnybody) {
  EXPECT_EQ(Outcome("/forewarn.v1.EnrolmentService/Enrol", kNobody), Code::kOk);
  EXPECT_EQ(Outcome("/grpc.health.v1.Health/Check", kNobody), Code::kOk);
  EXPECT_EQ(Outcome("/grpc.health.v1.Health/Watch", kProbe), Code::kOk);
}

TEST(Access, EverythingElseNeedsACertificate) {
  for (std::string_view method :
       {"/forewarn.v1.IngestService/Push", "/forewarn.v1.IngestService/PushOnce",
        "/forewarn.v1.EnrolmentService/Renew", "/forewarn.v1.ProbeService/CreateToken",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "/any.Other/Method", "",
        "/"}) {
    EXPECT_EQ(Outcome(method, kNobody), Code::kUnauthenticated) << method;
  }
}

TEST(Access, ProbesPushAndOperatorsOperate) {
  EXPECT_EQ(Outcome("/forewarn.v1.IngestService/Push", kProbe), Code::kOk);
  EXPECT_EQ(Outcome("/forewarn.v1.EnrolmentService/Renew", kProbe), Code::kOk);
  EXPECT_EQ(Outcome("/forewarn.v1.IngestService/Push", kOperator), Code::kPermissionDenied);
  EXPECT_EQ(Outcome("/forewarn.v1.TicketService/ListTickets", kProbe), Code::kPermissionDenied);
  EXPECT_EQ(Outcome("/forewarn.v1.TicketService/ListTickets", kOperator), Code::kOk);
}

TEST(Access, AMethodNobodyListedIsForOperators) {
  EXPECT_EQ(Outcome("/forewarn.v1.NewService/DoIt", kProbe), Code::kPermissionDenied);
  EXPECT_EQ(Outcome("/forewarn.v1.EnrolmentService/EnrolX", kNobody), Code::kUnauthenticated);
}

TEST(Access, TellsTheHandlerWhoCalls) {
  StatusOr<std::optional<Identity>> caller =
      CheckAccess("/forewarn.v1.TicketService/ListTickets", kOperator);
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(std::get<OperatorIdentity>(**caller).name, "admin");
}

TEST(Access, RefusesACertificateWithTwoIdentities) {
  std::vector<std::string> both = {kProbe[0], kOperator[0]};
  EXPECT_EQ(Outcome("/forewarn.v1.IngestService/Push", both), Code::kUnauthenticated);
}

}  // namespace
}  // namespace forewarn
