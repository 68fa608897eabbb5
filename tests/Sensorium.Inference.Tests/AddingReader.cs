using Sensorium.Models.Backbones;
using Sensorium.Tensors;

namespace Sensorium.Inference.Tests;

/// <summary>
/// An encoder–decoder without weights: the token after id n is n plus the mean of the source's ids, read by cross-attention.
/// So the answer to a source of sevens is 7, 14, 21 …, and a wrong memory can be read off it.
/// </summary>
sealed class AddingReader : EncoderDecoder
{
    static readonly AttentionShape Shape = new() { Heads = 1, KvHeads = 1, KeySize = 4 };

    /// <summary>Rows of each pass, in order: sources under "read", the decoder's under "write".</summary>
    public List<(string What, int Rows)> Passes { get; } = [];

    /// <summary>Called before a pass.</summary>
    public Action<string>? Before { get; set; }

    public IEnumerable<int> Read => Passes.Where(p => p.What == "read").Select(p => p.Rows);

    public override int HiddenSize => 4;

    public override int VocabularySize => 1000;

    public override int ContextLength => 500;

    public override int SourceLength => 2000;

    public override int UsualAnswer => 12;

    public override int DecoderStartTokenId => 0;

    public override KvLayout KvLayout => new(1, 1, 4, 4);

    public override KvLayout? MemoryLayout => new KvLayout(2, 1, 4, 4);

    public override Tensor Embed(Compute c, ReadOnlySpan<int> ids)
    {
        var rows = new float[ids.Length * 4];
        for (int i = 0; i < ids.Length; i++)
        {
            rows[i * 4] = ids[i];
        }

        return c.FromHost(rows, ids.Length, 4);
    }

    public override Tensor Encode(Compute c, Tensor x, Plan plan)
    {
        Before?.Invoke("read");
        Passes.Add(("read", plan.Rows));
        plan.Kv.ShouldBeNull();
        for (int row = 0; row < plan.Rows; row++)
        {
            plan.VisibleEnds[row].ShouldBe(plan.Segments.ToArray().Single(s => row >= s.FirstRow && row < s.FirstRow + s.Rows).Rows);
        }

        return x;
    }

    public override void Remember(Compute c, Tensor memory, Plan plan)
    {
        c.Append(plan, 0, memory, memory);
        c.Append(plan, 1, c.Affine(memory, 0), memory);
    }

    public override Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        Before?.Invoke("write");
        Passes.Add(("write", plan.Rows));
        c.Append(plan, 0, x, x);
        return c.Add(x, c.Attend(x, KeyValues.PagedMemory(1), plan, Shape));
    }

    public override Tensor Norm(Compute c, Tensor x) => x;

    public override Tensor Logits(Compute c, Tensor normed)
    {
        var told = new float[normed.Rows * 4];
        c.Read(normed, told);
        var logits = new float[normed.Rows * VocabularySize];
        for (int row = 0; row < normed.Rows; row++)
        {
            logits[row * VocabularySize + (int)MathF.Round(told[row * 4]) % VocabularySize] = 10;
        }

        return c.FromHost(logits, normed.Rows, VocabularySize);
    }
}
