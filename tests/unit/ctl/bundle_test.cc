#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "ctl/commands.h"
#include "fake_collector.h"

namespace forewarn {
namespace {

using testing::HasSubstr;
using testing::Not;

class Probes : public v1::ProbeService::Service {
 public:
  grpc::Status ListProbes(grpc::ServerContext*, const v1::ListProbesRequest*,
                          v1::ListProbesResponse* response) override {
    for (const char* contact : {"fresh", "late", "lost", "retired"}) {
      for (const char* customer : {"acme", "globex"}) {
        v1::ProbeInfo* probe = response->add_probes();
        probe->set_customer(customer);
        probe->set_contact(contact);
      }
    }
    return grpc::Status::OK;
  }
};

class Bundles : public v1::BundleService::Service {
 public:
  grpc::Status Apply(grpc::ServerContext*, const v1::ApplyRequest* request,
                     v1::ApplyResponse* response) override {
    asked = *request;
    response->set_id("0123456789abcdef");
    response->set_changed(true);
    response->add_differences("+ customers.yaml");
    response->add_warnings("customer acme is kept\a for less");
    return grpc::Status::OK;
  }
  grpc::Status GetBundle(grpc::ServerContext*, const v1::GetBundleRequest*,
                         v1::GetBundleResponse* response) override {
    if (asked.files().empty()) return grpc::Status::OK;
    response->set_id("0123456789abcdef");
    *response->mutable_files() = asked.files();
    return grpc::Status::OK;
  }
  v1::ApplyRequest asked;
  Probes other;
};

class BundleTest : public CtlTest<Bundles> {
 protected:
  BundleTest() {
    std::string folder = testing::TempDir() + "/forewarn-ctl-XXXXXX";
    dir_ = mkdtemp(folder.data());
  }
  ~BundleTest() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
};

TEST_F(BundleTest, AFolderIsAppliedAsAWhole) {
  ASSERT_TRUE(MakeDirs(dir_ + "/rules").ok());
  ASSERT_TRUE(WriteFileAtomically(dir_ + "/customers.yaml", "customers: []\n").ok());
  ASSERT_TRUE(WriteFileAtomically(dir_ + "/rules/a.yaml", "groups: []\n").ok());
  ASSERT_TRUE(Apply(session, dir_, true).ok());
  EXPECT_EQ(out.str(),
            "+ customers.yaml\nWould become bundle 0123456789abcdef. Nothing was applied.\n");
  EXPECT_THAT(notes.str(), HasSubstr("warning: customer acme is kept"));
  EXPECT_THAT(notes.str(), Not(HasSubstr("\a")));
  EXPECT_TRUE(fake.asked.dry_run());
  ASSERT_EQ(fake.asked.files_size(), 2);
  EXPECT_EQ(fake.asked.files(1).path(), "rules/a.yaml");

  out.str("");
  ASSERT_TRUE(ShowBundle(session, false).ok());
  EXPECT_THAT(out.str(), HasSubstr("  rules/a.yaml  11 bytes\n"));
  out.str("");
  ASSERT_TRUE(ShowBundle(session, true).ok());
  EXPECT_THAT(out.str(), HasSubstr("\n# rules/a.yaml\ngroups: []\n"));
}

TEST_F(BundleTest, AnEmptyFolderIsNotApplied) {
  EXPECT_THAT(Apply(session, dir_, false).message(), HasSubstr("there are no files"));
  EXPECT_EQ(Apply(session, dir_ + "/missing", false).code(), Code::kNotFound);
}

TEST_F(BundleTest, NoneIsSaidAsSuch) {
  ASSERT_TRUE(ShowBundle(session, false).ok());
  EXPECT_EQ(out.str(), "No bundle was applied yet. Apply one: forewarnctl apply -f DIR\n");
}

TEST_F(BundleTest, AFileThatIsNotUtf8IsNamedWithItsPlace) {
  ASSERT_TRUE(MakeDirs(dir_ + "/rules").ok());
  ASSERT_TRUE(WriteFileAtomically(dir_ + "/rules/a.yaml", "groups: []\n# caf\xe9\n").ok());
  ASSERT_TRUE(WriteFileAtomically(dir_ + "/rules/b.yaml", "# \xff\n").ok());
  Status status = Apply(session, dir_, true);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(), dir_ + "/rules/a.yaml:2:6: not UTF-8 text; save the file as UTF-8\n" +
                                  dir_ +
                                  "/rules/b.yaml:1:3: not UTF-8 text; save the file as UTF-8");
  EXPECT_EQ(fake.asked.files_size(), 0);
}

TEST_F(BundleTest, ACustomerWhoIsRemovedAndHasProbesIsNamed) {
  auto write = [&](const std::string& customers) {
    ASSERT_TRUE(WriteFileAtomically(dir_ + "/customers.yaml", "customers: " + customers).ok());
  };
  write("[{id: acme, name: Acme}, {id: globex, name: Globex}, {id: umbra, name: Umbra}]\n");
  ASSERT_TRUE(Apply(session, dir_, false).ok());
  EXPECT_THAT(notes.str(), HasSubstr("warning: routes.yaml: there is no route for support"));
  EXPECT_THAT(notes.str(), Not(HasSubstr("is removed")));
  write("[{id: globex, name: Globex}]\n");
  ASSERT_TRUE(Apply(session, dir_, true).ok());
  EXPECT_THAT(notes.str(), HasSubstr("warning: customer acme is removed; 2 probes push for it"));
  EXPECT_THAT(notes.str(), Not(HasSubstr("umbra"))) << "has no probes";
}

}  // namespace
}  // namespace forewarn
