using Sensorium.Models.Backbones;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>
/// Encodes the sources of an encoder–decoder into memories: as many in one ragged pass as the budget of a step allows,
/// each whole, since its rows see each other both ways.
/// </summary>
sealed class SourceReader(EncoderDecoder model, KvStore store)
{
    readonly Plan sourceRows = new(model.PositionAxes);
    readonly Plan memoryRows = new(model.PositionAxes);
    readonly SoftRows softRows = new(model.HiddenSize);
    readonly List<Sequence> batch = [];
    int[] ids = [];

    /// <summary>The sequences whose sources are in the present pass.</summary>
    public IReadOnlyList<Sequence> Batch => batch;

    /// <summary>Chooses the sources of the next pass. What another request has left a memory of is not encoded again.</summary>
    /// <param name="running">All sequences in order.</param>
    /// <param name="budget">The most rows; one source goes whatever it has.</param>
    /// <returns>Rows to encode.</returns>
    public int Choose(List<Sequence> running, int budget)
    {
        batch.Clear();
        int rows = 0;
        foreach (Sequence sequence in running)
        {
            if (sequence.Source is not { IsReady: false } source || sequence.NextPicture is not null || store.Recall(sequence))
            {
                continue;
            }

            bool fits = rows == 0 || rows + source.Rows.Length <= budget;
            if (fits && !IsInBatch(source.Key))
            {
                batch.Add(sequence);
                rows += source.Rows.Length;
            }
        }

        return rows;
    }

    bool IsInBatch(string key)
    {
        foreach (Sequence sequence in batch)
        {
            if (sequence.Source!.Key == key)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Encodes the chosen sources; their memories are ready then, and kept for others.</summary>
    public void Read(Compute c)
    {
        sourceRows.Clear();
        memoryRows.Clear(store.Memories);
        foreach (Sequence sequence in batch)
        {
            SourceMemory source = sequence.Source!;
            int first = sourceRows.Add(source.Rows.Length, causal: false);
            store.Reserve(source);
            memoryRows.Add(source.Rows.Length, source.Pages);
            if (ids.Length < sourceRows.Rows)
            {
                Array.Resize(ref ids, Math.Max(sourceRows.Rows, ids.Length * 2));
            }

            for (int i = 0; i < source.Rows.Length; i++)
            {
                ids[first + i] = Math.Max(source.Rows.Ids[i], 0);
            }
        }

        c.Reset();
        Tensor x = model.Embed(c, ids.AsSpan(0, sourceRows.Rows));
        for (int s = 0; s < batch.Count; s++)
        {
            RequestRows rows = batch[s].Source!.Rows;
            x = softRows.Place(c, x, rows.Soft, 0, rows.Length, sourceRows.Segments[s].FirstRow);
        }

        model.Remember(c, model.Encode(c, x, sourceRows), memoryRows);
        memoryRows.Commit();
        foreach (Sequence sequence in batch)
        {
            store.Keep(sequence.Source!);
        }
    }
}
