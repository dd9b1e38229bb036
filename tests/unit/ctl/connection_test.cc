#include "ctl/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "ctl/session.h"
#include "fake_collector.h"

namespace forewarn {
namespace {

using testing::HasSubstr;
using v1::ProbeService;

class ContextTest : public testing::Test {
 protected:
  ContextTest() {
    std::string folder = testing::TempDir() + "/forewarn-ctl-XXXXXX";
    dir_ = mkdtemp(folder.data());
  }
  ~ContextTest() override { std::filesystem::remove_all(dir_); }
  std::string Write(const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(dir_ + "/ctl.yaml", text).ok());
    return dir_ + "/ctl.yaml";
  }
  std::string dir_;
};

TEST_F(ContextTest, FillsWhatTheCommandLineLeftOpen) {
  ConnectionOptions options;
  options.key_file = "/mine.key";
  ASSERT_TRUE(FillFromContext(
                  Write("collector: a.example.com:7443\ncertificates: /ca\nca_file: /other.pem\n"),
                  true, options)
                  .ok());
  EXPECT_EQ(options.collector, "a.example.com:7443");
  EXPECT_EQ(options.ca_file, "/other.pem") << "a file by itself goes before the folder";
  EXPECT_EQ(options.certificate_file, "/ca/operator-admin.pem");
  EXPECT_EQ(options.key_file, "/mine.key") << "the command line goes before the file";
}

TEST_F(ContextTest, TheFilesOfOneFolderAreUsedTogether) {
  ConnectionOptions options;
  options.certificates = "/ca";
  FillFromFolder(options);
  EXPECT_EQ(options.ca_file, "/ca/ca.pem");
  EXPECT_EQ(options.key_file, "/ca/operator-admin.key");
}

TEST_F(ContextTest, MistakesHavePlaces) {
  ConnectionOptions options;
  EXPECT_THAT(FillFromContext(Write("colector: a:1\n"), true, options).message(),
              HasSubstr("ctl.yaml:1:1: unknown key 'colector'; did you mean 'collector'?"));
  EXPECT_TRUE(FillFromContext(dir_ + "/missing.yaml", false, options).ok());
  EXPECT_EQ(FillFromContext(dir_ + "/missing.yaml", true, options).code(), Code::kNotFound);
}

TEST_F(ContextTest, WhatIsMissingIsNamedWithItsFlag) {
  ConnectionOptions options;
  EXPECT_THAT(Connection::Open(options).status().message(),
              HasSubstr("give --collector HOST:PORT"));
  options.collector = "localhost:1";
  EXPECT_THAT(Connection::Open(options).status().message(), HasSubstr("--ca FILE"));
  options.certificates = dir_;
  FillFromFolder(options);
  EXPECT_THAT(Connection::Open(options).status().message(),
              HasSubstr("reading " + dir_ + "/ca.pem: No such file"));
}

TEST_F(ContextTest, FilesThatAreNotPemAreRefusedBeforeDialling) {
  ConnectionOptions options;
  options.collector = "localhost:1";
  options.ca_file = options.certificate_file = options.key_file = Write("collector: a:1\n");
  EXPECT_THAT(Connection::Open(options).status().message(),
              HasSubstr("--ca " + options.ca_file + ": is not a certificate in PEM"));
}

class Failing : public ProbeService::Service {
 public:
  grpc::Status ListProbes(grpc::ServerContext*, const v1::ListProbesRequest*,
                          v1::ListProbesResponse*) override {
    return answer;
  }
  grpc::Status answer;
};

using ExplainTest = CtlTest<Failing>;

TEST_F(ExplainTest, AFailureSaysWhatToCheck) {
  auto call = [this] {
    v1::ListProbesResponse response;
    return session.connection->Call<ProbeService>(&ProbeService::Stub::ListProbes,
                                                  v1::ListProbesRequest(), response);
  };
  EXPECT_TRUE(call().ok());
  fake.answer = grpc::Status(grpc::StatusCode::NOT_FOUND, "no such customer");
  EXPECT_EQ(call(), NotFound("no such customer"));
  fake.answer = grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused");
  EXPECT_EQ(call().message(),
            "cannot talk to the collector at collector.example.com:7443: connection refused; check "
            "that it is running, "
            "that --collector is its address, and that your certificate is an operator's of this "
            "very collector");
  fake.answer = grpc::Status(grpc::StatusCode::UNKNOWN, "boom");
  EXPECT_EQ(call(), Internal("boom"));

  v1::ListTokensResponse response;
  EXPECT_THAT(
      session.connection
          ->Call<ProbeService>(&ProbeService::Stub::ListTokens, v1::ListTokensRequest(), response)
          .message(),
      HasSubstr("does not know this command"));
}

}  // namespace
}  // namespace forewarn
