using System.Runtime.CompilerServices;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Attention;

/// <summary>
/// Attention over rows: first keys and values are packed as weights are, then blocks of query rows go through two products
/// with them and a softmax of whole rows between. A number is summed in one lane, in the order of its dimension or its
/// keys, so a row's result does not depend on the rows beside it.
/// </summary>
unsafe struct RowAttention : IJob
{
    /// <summary>Scores of a block: they and the weights packed from them stay in the second-level cache.</summary>
    const int BlockScores = 24 << 10;

    /// <summary>Keys of a packing item: a multiple of a group's lanes and of two.</summary>
    const int ItemKeys = 64;

    // Every register tile's rows divide it.
    const int RowUnit = 12;

    public Tensor Queries;
    public Tensor Output;
    public KeyValues Source;
    public AttentionShape Shape;
    public AttentionSight Sight;
    public FloatKernels Kernels;

    /// <summary>Whether the products take pairs of bfloat16.</summary>
    public bool InPairs;

    public AttentionKernels Softmax;
    public delegate*<float*, float*, nint, float, float, void> Affine;
    public Sequence* Sequences;
    public int Count;

    /// <summary>For each sequence and each head of keys: keys [groups of 16 keys][key size][16], values [groups of 16 numbers][keys][16].</summary>
    public float* Panels;

    /// <summary><see cref="WorkerFloats"/> floats a worker.</summary>
    public float* Memory;
    public nint WorkerFloats;

    /// <summary>The second half of the work.</summary>
    public bool Attends;

    /// <summary>One sequence: its queries and the rows that it attends to.</summary>
    public struct Sequence
    {
        public int FirstQuery, Queries, FirstKey, Keys;

        /// <summary>Tokens of a block.</summary>
        public int BlockTokens;

        /// <summary>Where its panels begin.</summary>
        public nint Panels;

        /// <summary>Its items: packing and attending.</summary>
        public nint FirstPack, FirstBlock;
    }

    readonly int Group => Shape.Heads / Shape.KvHeads;

    /// <summary>Steps of a product over so many numbers.</summary>
    readonly nint Steps(nint numbers) => InPairs ? BrainPairs.Of(numbers) : numbers;

    /// <summary>Outputs in whole groups.</summary>
    static nint Tiled(nint outputs) => Panel.Groups(outputs) * Panel.Lanes;

    readonly nint KeyFloats(int keys) => Tiled(keys) * Steps(Shape.KeySize);

    readonly nint HeadFloats(int keys) => KeyFloats(keys) + Tiled(Shape.ValueSize) * Steps(keys);

    static nint PackItems(int keys) => (keys + ItemKeys - 1) / ItemKeys;

    readonly int BlocksOf(Sequence sequence) => (sequence.Queries + sequence.BlockTokens - 1) / sequence.BlockTokens;

    /// <summary>Gives a sequence its place among panels and items.</summary>
    public readonly void Lay(ref Sequence sequence, ref nint panelFloats, ref nint packItems, ref nint blocks)
    {
        long rows = Math.Clamp(BlockScores / Math.Max(Tiled(sequence.Keys), 1) / RowUnit * RowUnit, RowUnit, 8 * RowUnit);
        int most = (int)Math.Max(1, rows / Group), count = (sequence.Queries + most - 1) / most;
        sequence.BlockTokens = count == 0 ? most : (sequence.Queries + count - 1) / count;
        (sequence.Panels, sequence.FirstPack, sequence.FirstBlock) = (panelFloats, packItems, blocks);
        panelFloats = checked(panelFloats + HeadFloats(sequence.Keys) * Shape.KvHeads);
        packItems += PackItems(sequence.Keys) * Shape.KvHeads;
        blocks += (nint)BlocksOf(sequence) * Shape.KvHeads;
    }

    /// <summary>What a worker needs for a block of a sequence.</summary>
    public readonly nint FloatsOf(Sequence sequence)
    {
        nint rows = (nint)sequence.BlockTokens * Group;
        return checked((rows * (Shape.KeySize + Steps(Shape.KeySize) + Tiled(sequence.Keys) + Steps(sequence.Keys) + Tiled(Shape.ValueSize) + 1) + (7 * 16)) & -16);
    }

    public readonly void Run(nint item, int worker)
    {
        int at = 0;
        while (at + 1 < Count && item >= (Attends ? Sequences[at + 1].FirstBlock : Sequences[at + 1].FirstPack))
        {
            at++;
        }

        if (Attends)
        {
            Attend(Sequences[at], item - Sequences[at].FirstBlock, Memory + worker * WorkerFloats);
        }
        else
        {
            Pack(Sequences[at], item - Sequences[at].FirstPack);
        }
    }

    /// <summary>Some keys and values of a head.</summary>
    readonly void Pack(Sequence sequence, nint item)
    {
        nint items = PackItems(sequence.Keys), head = item / items, first = item % items * ItemKeys, count = Math.Min(ItemKeys, sequence.Keys - first);
        float* panels = Panels + sequence.Panels + head * HeadFloats(sequence.Keys);
        var keys = new Tensor(Source.Keys.FloatRow(sequence.FirstKey) + head * Shape.KeySize, sequence.Keys, Shape.KeySize, Source.Keys.Stride, DType.F32);
        var values = new Tensor(Source.Values.FloatRow(sequence.FirstKey) + head * Shape.ValueSize, sequence.Keys, Shape.ValueSize, Source.Values.Stride, DType.F32);
        float* valuePanels = panels + KeyFloats(sequence.Keys);
        nint endGroup = first + count == sequence.Keys ? Tiled(sequence.Keys) / Panel.Lanes : (first + count) / Panel.Lanes;
        if (InPairs)
        {
            PairPanels.PackKeys(keys, first / Panel.Lanes, endGroup, (uint*)panels);
            PairPanels.PackValues(values, first, count, Tiled(Shape.ValueSize) / Panel.Lanes, (uint*)valuePanels);
            return;
        }

        for (nint group = first / Panel.Lanes; group < endGroup; group++)
        {
            FloatPanels.PackGroup(keys.Floats, keys.Rows, keys.Columns, keys.Stride, 1, group, panels + group * keys.Columns * Panel.Lanes);
        }

        for (nint group = 0; group < Tiled(Shape.ValueSize) / Panel.Lanes; group++)
        {
            FloatPanels.PackGroup(values.FloatRow(first), values.Columns, count, 1, values.Stride, group, valuePanels + (group * sequence.Keys + first) * Panel.Lanes);
        }
    }

    /// <summary>A block of query rows, which are those of some tokens for all heads that share one of keys: row t · group + g.</summary>
    readonly void Attend(Sequence sequence, nint item, float* memory)
    {
        int blocks = BlocksOf(sequence), kvHead = (int)(item / blocks), token = (int)(item % blocks) * sequence.BlockTokens;
        int tokens = Math.Min(sequence.BlockTokens, sequence.Queries - token), firstRow = sequence.FirstQuery + token, end = 0;
        for (int row = firstRow; row < firstRow + tokens; row++)
        {
            end = Math.Max(end, Sight.Ends[row]);
        }

        nint rows = (nint)tokens * Group, size = Shape.KeySize, width = Tiled(end), outputs = Tiled(Shape.ValueSize);
        float* packed = Take(ref memory, rows * Steps(size));
        float* scores = Take(ref memory, rows * width), weights = Take(ref memory, rows * Steps(end)), results = Take(ref memory, rows * outputs), sums = Take(ref memory, rows);
        float* panels = Panels + sequence.Panels + kvHead * HeadFloats(sequence.Keys);
        PackQueries(firstRow, tokens, kvHead, packed, memory);
        Multiply(rows, Steps(size), packed, panels, Steps(size), width, scores);
        for (nint row = 0; row < rows; row++)
        {
            int at = firstRow + (int)row / Group;
            sums[row] = Softmax.Weigh(scores + row * width, end, Sight.Starts[at], Sight.Ends[at], Shape.Scale, Shape.SoftCap, Sight.Bias(at, kvHead * Group + (int)row % Group));
        }

        RowTiles.Pack(Kernels, new Tensor(scores, rows, end, width, DType.F32), 0, rows, weights, InPairs);
        Multiply(rows, Steps(end), weights, panels + KeyFloats(sequence.Keys), Steps(sequence.Keys), outputs, results);
        for (nint row = 0; row < rows; row++)
        {
            float* to = Output.FloatRow(firstRow + (int)row / Group) + ((nint)kvHead * Group + row % Group) * Shape.ValueSize;
            if (sums[row] == 0)
            {
                new Span<float>(to, Shape.ValueSize).Clear();
                continue;
            }

            Affine(results + row * outputs, to, Shape.ValueSize, 1 / sums[row], 0);
        }
    }

    /// <summary>The queries of a head of keys; a token's lie side by side, tokens a row apart.</summary>
    readonly void PackQueries(int firstRow, int tokens, int kvHead, float* to, float* memory)
    {
        nint size = Shape.KeySize, group = Group;
        float* from = Queries.FloatRow(firstRow) + kvHead * group * size;
        nint stride = Queries.Stride;
        if (group > 1)
        {
            float* together = Take(ref memory, tokens * group * size);
            for (int token = 0; token < tokens; token++)
            {
                Unsafe.CopyBlockUnaligned(together + token * group * size, from + token * stride, (uint)(group * size * sizeof(float)));
            }

            from = together;
            stride = size;
        }

        RowTiles.Pack(Kernels, new Tensor(from, tokens * group, size, stride, DType.F32), 0, tokens * group, to, InPairs);
    }

    /// <summary>c = a b for packed rows and panels whose groups are some steps long, of which the first are used.</summary>
    readonly void Multiply(nint rows, nint steps, float* a, float* panels, nint groupSteps, nint outputs, float* c)
    {
        for (nint row = 0; row < rows;)
        {
            int m = Kernels.RowsOf(rows - row);
            Kernels.MultiplyAll(m, steps, a + row * steps, panels, groupSteps * Panel.Lanes, outputs, c + row * outputs, outputs);
            row += m;
        }
    }

    /// <summary>Floats of a worker's memory, from a cache line's begin.</summary>
    static float* Take(ref float* memory, nint floats)
    {
        float* taken = memory;
        memory += (floats + 15) & -16;
        return taken;
    }
}
