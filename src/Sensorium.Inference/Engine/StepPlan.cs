using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Inference;

/// <summary>
/// Which rows of which sequences a step computes: the newest row of each that is answering, then as much of the prompts as
/// the budget leaves. It is built again for every step and reused, so that a steady step allocates nothing.
/// </summary>
sealed class StepPlan(LanguageSystem system, KvStore store)
{
    readonly Plan plan = new(system.Backbone.PositionAxes);
    readonly SoftRows softRows = new(system.Backbone.HiddenSize);
    readonly List<Sequence> sequences = [];
    int[] ids = new int[64];

    /// <summary>The plan of the pass.</summary>
    public Plan Rows => plan;

    /// <summary>The sequences in the order of their rows.</summary>
    public List<Sequence> Sequences => sequences;

    /// <summary>Chooses the rows.</summary>
    /// <param name="running">All sequences; those that wait for an encoder stay out.</param>
    /// <param name="budget">The most rows, but for answers' newest, which all go.</param>
    public void Choose(List<Sequence> running, int budget)
    {
        plan.Clear(store.Tokens, store.Memories);
        sequences.Clear();
        foreach (Sequence sequence in running)
        {
            if (sequence.Outgrows(system.Backbone.KeysChangeBeyond))
            {
                sequence.Pages.Release(store.Tokens);
                sequence.IsRecomputed = true;
            }

            if (sequence.IsDecoding)
            {
                Add(sequence, sequence.Length);
            }
        }

        foreach (Sequence sequence in running)
        {
            int left = budget - plan.Rows;
            if (!sequence.IsDecoding && sequence.IsReady && (left > 0 || plan.Rows == 0))
            {
                Add(sequence, sequence.ChunkEnd(Math.Max(left, 1)));
            }
        }
    }

    /// <summary>The rows embedded, [rows, hidden], pictures' soft tokens among them.</summary>
    public Tensor Embed(Compute c)
    {
        Tensor x = system.Backbone.Embed(c, ids.AsSpan(0, plan.Rows));
        ReadOnlySpan<Segment> segments = plan.Segments;
        for (int s = 0; s < sequences.Count; s++)
        {
            x = softRows.Place(c, x, sequences[s].Soft, segments[s].Start, segments[s].Length, segments[s].FirstRow);
        }

        return x;
    }

    void Add(Sequence sequence, int end)
    {
        int start = sequence.Computed;
        int rows = end - start;

        // First of all, so that one for which there is no memory is among those that fail.
        sequences.Add(sequence);
        store.Reserve(sequence, end);
        int first = plan.Add(rows, sequence.Pages, ropeLength: sequence.Length, memory: sequence.Source?.Pages);
        if (ids.Length < plan.Rows)
        {
            Array.Resize(ref ids, Math.Max(plan.Rows, ids.Length * 2));
        }

        for (int i = 0; i < rows; i++)
        {
            ids[first + i] = Math.Max(sequence.Ids[start + i], 0);
        }

        foreach (SoftSpan span in sequence.Soft)
        {
            if (span.IsBidirectional && span.First < end && span.End > start)
            {
                // Its first rows may be reused without the others, where the page of those was given away.
                int from = Math.Max(span.First, start);
                plan.SetVisible(first + from - start, span.End - from, span.End);
            }
        }

        if (end == sequence.Length)
        {
            plan.Want(first + rows - 1);
        }
    }
}
