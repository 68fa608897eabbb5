using System.Runtime.ExceptionServices;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>Fills weights from their tensors, several at a time, the largest first so that no thread ends alone with one.</summary>
static class CheckpointLoader
{
    /// <summary>Copies that transforms and made-up weights leave to the garbage collector, which does not see how large they are.</summary>
    const long CopiesBeforeCollection = 256L << 20;

    public static void Load(IEnumerable<CheckpointClaims> parts, Device device, IProgress<LoadProgress>? progress, CancellationToken cancellation)
    {
        var work = new List<(CheckpointClaims.ClaimedWeight Claim, CheckpointClaims Part, long Bytes)>();
        foreach (CheckpointClaims part in parts)
        {
            if (part.Source is null && !part.MakesUpWeights)
                throw new InvalidOperationException("this checkpoint has shapes only; open one with a file, or a synthetic one");
            foreach (CheckpointClaims.ClaimedWeight claim in part.Claims)
                work.Add((claim, part, SyntheticWeights.Bytes(claim.Weight)));
        }

        work.Sort((a, b) => b.Bytes.CompareTo(a.Bytes));
        long total = work.Sum(item => item.Bytes), done = 0, copies = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation };
        try
        {
            Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(work, System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering), options, item =>
            {
                Weight weight = item.Claim.Weight;
                Fill(item.Claim, item.Part, device, ref copies);
                progress?.Report(new LoadProgress(Interlocked.Add(ref done, item.Bytes), total, weight.Name));
            });
        }
        catch (AggregateException e)
        {
            Exception first = e.Flatten().InnerExceptions[0];
            ExceptionDispatchInfo.Throw(first);
        }
    }

    static void Fill(CheckpointClaims.ClaimedWeight claim, CheckpointClaims part, Device device, ref long copies)
    {
        Weight weight = claim.Weight;
        RawTensor? view = claim.Found?.View(weight.Name);
        TensorTransform? transform = claim.Found?.Place.Transform;
        RawTensor raw = view is null ? MakeUp(part, weight) : transform?.ToHub(weight.Name, view) ?? view;
        weight.Fill(device, raw);
        view?.Release();
        if (ReferenceEquals(raw, view) || Interlocked.Add(ref copies, raw.ByteLength) <= CopiesBeforeCollection)
            return;
        Interlocked.Exchange(ref copies, 0);
        GC.Collect(2, GCCollectionMode.Forced, blocking: false);
    }

    static RawTensor MakeUp(CheckpointClaims part, Weight weight) => part.MakesUpWeights
        ? SyntheticWeights.Make(weight)
        : throw new CheckpointException(part.Source!.Path, weight.Name, "is missing; the model cannot be loaded");
}
