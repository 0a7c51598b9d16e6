"""A cluster with boto3, up to its initialization; the client's model is the newest one, so that all members are known."""

import os
import subprocess
import tempfile
import time
import unittest

import boto3

hsm = boto3.client("cloudhsmv2")
SUBNETS = ["subnet-0a1b2c3d", "subnet-4e5f6071"]


def find(cluster):
    return hsm.describe_clusters(Filters={"clusterIds": [cluster]})["Clusters"][0]


def wait(cluster, is_so):
    for _ in range(200):
        found = find(cluster)
        if is_so(found):
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited in vain: {found}")


class Life(unittest.TestCase):
    def test_a_cluster_is_initialized_and_deleted(self):
        made = hsm.create_cluster(
            HsmType="hsm2m.medium",
            Mode="NON_FIPS",
            NetworkType="IPV4",
            SubnetIds=SUBNETS,
            TagList=[{"Key": "team", "Value": "a"}],
        )["Cluster"]
        cluster = made["ClusterId"]
        self.assertEqual(made["Mode"], "NON_FIPS")
        self.assertEqual(made["State"], "CREATE_IN_PROGRESS")
        wait(cluster, lambda found: found["State"] == "UNINITIALIZED")
        created = hsm.create_hsm(ClusterId=cluster, AvailabilityZone="us-east-1b")["Hsm"]
        self.assertEqual(created["SubnetId"], SUBNETS[1])
        found = wait(cluster, lambda found: found["Hsms"][0]["State"] == "ACTIVE")
        with tempfile.TemporaryDirectory() as folder:
            signed, anchor = sign(folder, found["Certificates"]["ClusterCsr"])
        with self.assertRaises(hsm.exceptions.CloudHsmInvalidRequestException) as refused:
            hsm.initialize_cluster(ClusterId=cluster, SignedCert=anchor, TrustAnchor=anchor)
        self.assertIn("public key", refused.exception.response["Message"])
        state = hsm.initialize_cluster(ClusterId=cluster, SignedCert=signed, TrustAnchor=anchor)
        self.assertEqual(state["State"], "INITIALIZE_IN_PROGRESS")
        found = wait(cluster, lambda found: found["State"] == "INITIALIZED")
        self.assertIn("BEGIN CERTIFICATE", found["Certificates"]["ClusterCertificate"])
        with self.assertRaises(hsm.exceptions.CloudHsmInvalidRequestException):
            hsm.delete_cluster(ClusterId=cluster)
        hsm.delete_hsm(ClusterId=cluster, EniIp=created["EniIp"])
        wait(cluster, lambda found: found["Hsms"] == [])
        hsm.delete_cluster(ClusterId=cluster)
        wait(cluster, lambda found: found["State"] == "DELETED")

    def test_errors_and_pages(self):
        with self.assertRaises(hsm.exceptions.CloudHsmResourceNotFoundException):
            hsm.list_tags(ResourceId="backup-aaaaaaaaaaa")
        with self.assertRaises(hsm.exceptions.CloudHsmInvalidRequestException) as refused:
            hsm.get_resource_policy()
        self.assertIn("not supported", refused.exception.response["Message"])
        pages = hsm.get_paginator("describe_backups").paginate()
        self.assertEqual([backup for page in pages for backup in page["Backups"]], [])


def sign(folder, csr):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    def read(name):
        with open(os.path.join(folder, name)) as file:
            return file.read()

    with open(os.path.join(folder, "csr.pem"), "w") as file:
        file.write(csr)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ca", "-keyout", "key.pem", "-out", "ca.pem")
    ca = ["-CA", "ca.pem", "-CAkey", "key.pem", "-CAcreateserial"]
    openssl("x509", "-req", "-in", "csr.pem", *ca, "-out", "signed.pem")
    return read("signed.pem"), read("ca.pem")
