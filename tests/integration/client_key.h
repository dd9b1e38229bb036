#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>

namespace forewarn {

// A key and a request for a certificate, as a probe makes them.
struct KeyAndRequest {
  std::string key_pem;
  std::string csr_der;
};

inline KeyAndRequest MakeRequest() {
  KeyAndRequest made;
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509_REQ* request = X509_REQ_new();
  X509_REQ_set_pubkey(request, key);
  X509_REQ_sign(request, key, EVP_sha256());
  unsigned char* bytes = nullptr;
  int size = i2d_X509_REQ(request, &bytes);
  made.csr_der.assign(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  long length = BIO_get_mem_data(bio, &text);
  made.key_pem.assign(text, static_cast<size_t>(length));
  BIO_free(bio);
  X509_REQ_free(request);
  EVP_PKEY_free(key);
  return made;
}

}  // namespace forewarn
