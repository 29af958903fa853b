"""The real programs in namespaces: etcd, kube-apiserver, kube-proxy, flanneld and the CNI plugins.

``make real`` builds them (``build``, ``programs``).  What is here runs as root, or inside ``unshare -Urnm``, in
``Namespace`` objects of ``packetwalk.lab.kernel``; everything ends with the process, however that ends::

    with Lab(operations) as machines:  # packetwalk.lab.kernel.build: nodes with eth0, and nothing of a plugin
        first = machines.netns["kind-control-plane"]
        with ControlPlane(first, "172.18.0.2") as plane:  # etcd and kube-apiserver, ready
            plane.join(machines.netns["kind-worker"])  # a kubeconfig in the machine's own /run
            for each in cluster.nodes:
                object_, status = objects.node(each, str(cluster.pod_cidr(each)))
                plane.api.apply(object_)  # server-side apply of dicts, as in a manifest's JSON
                plane.api.apply(status, status=True)
            proxy = RealKubeProxy(machines.netns["kind-worker"], "10.244.0.0/16", "nftables")
            plane.api.apply(service, endpoint_slice)
            proxy.synced(Marker(plane))  # all that was applied before is in the tables
            tables(machines.netns["kind-worker"])  # packetwalk.lab.kernel.record: what each tool prints
            plane.api.delete(service)
            proxy.close()  # its rules stay

``RealCluster(RealSetup(Cluster(), agent, rules))`` is three nodes, six pods and a plugin's agent at once (``REAL`` of
its file in ``packetwalk.lab.plugins`` makes the agent); ``follow`` writes EndpointSlices and waits for kube-proxies.

There is no kubelet, scheduler or controller: who wants Pods and EndpointSlices writes them (``objects``).
The marker of ``synced`` is a Service of its own, in the namespace ``packetwalk``: leave out what names it.
"""
