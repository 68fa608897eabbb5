using Xunit;

// The engine uses all cores; two bundles at a time would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
