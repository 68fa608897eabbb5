using System.Runtime.CompilerServices;
using Sensorium.Tensors.Cpu.Generated;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Attention;

/// <summary>
/// Attention over rows: first keys and values are packed as the rows of products are, then blocks of queries, packed as
/// weights are, go through both products with a softmax between. Scores are keys by queries, so that a query keeps to its
/// lane: the softmax sums no lanes, and its weights lie as the second product reads them. A number is summed in the order of
/// its dimension or its keys, so a row's result does not depend on the rows beside it.
/// </summary>
unsafe struct RowAttention : IJob
{
    /// <summary>Queries of a block: those of two groups of lanes.</summary>
    const int BlockRows = Panel.Tile;

    /// <summary>Keys of a packing item: whole register tiles, and an even number.</summary>
    const int ItemKeys = 72;

    /// <summary>Keys of a stretch, whose weights stay in the first-level cache until they are multiplied.</summary>
    const int StretchKeys = 256;

    public Tensor Queries;
    public Tensor Output;
    public KeyValues Source;
    public AttentionShape Shape;
    public AttentionSight Sight;
    public FloatKernels Kernels;

    /// <summary>Lays weights in pairs of bfloat16, where the products take such; else null.</summary>
    public PairCode? Pair;

    public AttentionKernels Softmax;
    public delegate*<float*, float*, nint, float, float, void> Affine;
    public Sequence* Sequences;
    public int Count;

    /// <summary>For each sequence and each head of keys: keys in tiles of rows, each [key size][its keys], and values, of which numbers are rows, each [keys][its numbers].</summary>
    public float* Tiles;

    /// <summary><see cref="WorkerFloats"/> floats a worker.</summary>
    public float* Memory;
    public nint WorkerFloats;

    /// <summary>The second half of the work.</summary>
    public bool Attends;

    /// <summary>One sequence: its queries and the rows that it attends to.</summary>
    public struct Sequence
    {
        public int FirstQuery, Queries, FirstKey, Keys;

        /// <summary>Where its tiles begin.</summary>
        public nint Tiles;

        /// <summary>Its items: packing and attending.</summary>
        public nint FirstPack, FirstBlock;
    }

    readonly bool InPairs => Pair != null;

    readonly int Group => Shape.Heads / Shape.KvHeads;

    /// <summary>Steps of a product over so many numbers.</summary>
    readonly nint Steps(nint numbers) => InPairs ? BrainPairs.Of(numbers) : numbers;

    readonly nint KeyFloats(int keys) => keys * Steps(Shape.KeySize);

    readonly nint HeadFloats(int keys) => KeyFloats(keys) + Shape.ValueSize * Steps(keys);

    /// <summary>The last item takes what is left behind it, too.</summary>
    static nint PackItems(int keys) => Math.Max(1, keys / ItemKeys);

    /// <summary>Blocks of a head of keys: a query's rows are those of all heads that share it, row t · group + g.</summary>
    readonly nint BlocksOf(Sequence sequence) => ((nint)sequence.Queries * Group + BlockRows - 1) / BlockRows;

    /// <summary>Gives a sequence its place among tiles and items.</summary>
    public readonly void Lay(ref Sequence sequence, ref nint tileFloats, ref nint packItems, ref nint blocks)
    {
        (sequence.Tiles, sequence.FirstPack, sequence.FirstBlock) = (tileFloats, packItems, blocks);
        tileFloats = checked(tileFloats + HeadFloats(sequence.Keys) * Shape.KvHeads);
        packItems += PackItems(sequence.Keys) * Shape.KvHeads;
        blocks += BlocksOf(sequence) * Shape.KvHeads;
    }

    /// <summary>What a worker needs for a block of a sequence.</summary>
    public readonly nint FloatsOf(Sequence sequence) => checked(
        BlockRows * (Steps(Shape.KeySize) + (nint)sequence.Keys + StretchKeys + 2 * Shape.ValueSize + 4) + BiasFloats(sequence) + (16 * 16));

    readonly nint BiasFloats(Sequence sequence) => Sight.BiasLines == null ? 0 : (nint)sequence.Keys * BlockRows;

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
        nint items = PackItems(sequence.Keys), head = item / items, first = item % items * ItemKeys;
        nint count = item % items == items - 1 ? sequence.Keys - first : ItemKeys;
        float* tiles = Tiles + sequence.Tiles + head * HeadFloats(sequence.Keys);
        var keys = new Tensor(Source.Keys.FloatRow(sequence.FirstKey) + head * Shape.KeySize, sequence.Keys, Shape.KeySize, Source.Keys.Stride, DType.F32);
        var values = new Tensor(Source.Values.FloatRow(sequence.FirstKey) + head * Shape.ValueSize, sequence.Keys, Shape.ValueSize, Source.Values.Stride, DType.F32);
        FetchRows(keys, first, count);
        FetchRows(values, first, count);
        RowTiles.Pack(Kernels, keys, first, count, tiles + first * Steps(Shape.KeySize), InPairs);
        RowTiles.PackColumns(Kernels, values, first, count, tiles + KeyFloats(sequence.Keys), InPairs);
    }

    /// <summary>Rows' numbers are fetched all at once. Not to the first-level cache: rows a power of two apart would drive each other out of it.</summary>
    static void FetchRows(Tensor rows, nint first, nint count)
    {
        for (nint row = first; row < first + count; row++)
        {
            Prefetch.Far(rows.FloatRow(row), rows.Columns * sizeof(float));
        }
    }

    /// <summary>A block's queries, or its results' places, are fetched while others are computed.</summary>
    readonly void FetchBlock(Sequence sequence, nint item, Tensor x, int size)
    {
        (int kvHead, nint firstRow, int rows) = Block(sequence, item);
        for (nint row = firstRow; row < firstRow + rows && kvHead < Shape.KvHeads; row++)
        {
            (int token, int head) = At(sequence, kvHead, row);
            Prefetch.Far(x.FloatRow(token) + (nint)head * size, size * sizeof(float));
        }
    }

    /// <summary>Where a block's rows are.</summary>
    readonly (int KvHead, nint FirstRow, int Rows) Block(Sequence sequence, nint item)
    {
        nint blocks = BlocksOf(sequence), firstRow = item % blocks * BlockRows;
        return ((int)(item / blocks), firstRow, (int)Math.Min(BlockRows, (nint)sequence.Queries * Group - firstRow));
    }

    /// <summary>A block of query rows of a head of keys.</summary>
    readonly void Attend(Sequence sequence, nint item, float* memory)
    {
        (int kvHead, nint firstRow, int rows) = Block(sequence, item);
        int groups = (int)Panel.Groups(rows);
        nint size = Steps(Shape.KeySize), depth = Steps(sequence.Keys), stretchKeys = InPairs ? StretchKeys : StretchKeys / 2, second = Panel.Lanes * Steps(stretchKeys);
        float* keys = Tiles + sequence.Tiles + kvHead * HeadFloats(sequence.Keys), values = keys + KeyFloats(sequence.Keys);
        float* queries = Take(ref memory, BlockRows * size), scores = Take(ref memory, (nint)sequence.Keys * BlockRows);
        float* results = Take(ref memory, Shape.ValueSize * BlockRows), turned = Take(ref memory, Shape.ValueSize * Panel.Lanes);
        float* weights = InPairs ? Take(ref memory, Panel.Lanes * stretchKeys) : null, stretch = Take(ref memory, BlockRows * Steps(stretchKeys));
        SoftmaxLanes* lanes = stackalloc SoftmaxLanes[2];
        nint end = 0;
        for (int group = 0; group < groups; group++)
        {
            nint first = group * Panel.Lanes;
            end = Math.Max(end, Open(sequence, kvHead, firstRow + first, rows - (int)first, lanes + group, queries + first * size, ref memory));
        }

        Kernels.MultiplyTiles(sequence.Keys, end, 0, size, keys, size, queries, groups > 1 ? queries + size * Panel.Lanes : null, scores, BlockRows, add: false);
        FetchBlock(sequence, item + 1, Queries, Shape.KeySize);
        for (int group = 0; group < groups; group++)
        {
            Softmax.Look(scores + group * Panel.Lanes, BlockRows, end, lanes + group);
        }

        FetchBlock(sequence, item, Output, Shape.ValueSize);
        for (nint key = 0; key < end; key += stretchKeys)
        {
            nint count = Math.Min(stretchKeys, end - key);
            for (int group = 0; group < groups; group++)
            {
                float* to = InPairs ? weights : stretch + group * second;
                Softmax.Weigh(scores + key * BlockRows + group * Panel.Lanes, BlockRows, count, lanes + group, to);
                Pair?.Columns(to, count, (uint*)(stretch + group * second));
            }

            Kernels.MultiplyTiles(Shape.ValueSize, Shape.ValueSize, Steps(key), Steps(count), values, depth, stretch, groups > 1 ? stretch + second : null, results, BlockRows, add: key > 0);
        }

        for (int group = 0; group < groups; group++)
        {
            Write(sequence, kvHead, firstRow + group * Panel.Lanes, Math.Min(Panel.Lanes, rows - group * Panel.Lanes), results + group * Panel.Lanes, lanes[group].Sums, turned);
        }
    }

    /// <summary>The sequence's row of a query row, and its head.</summary>
    readonly (int Token, int Head) At(Sequence sequence, int kvHead, nint row) => (sequence.FirstQuery + (int)(row / Group), kvHead * Group + (int)(row % Group));

    /// <summary>Packs sixteen queries, and notes what they see; a lane that is not there does as the last one.</summary>
    /// <returns>Behind the last key that any of them sees.</returns>
    readonly nint Open(Sequence sequence, int kvHead, nint firstRow, int rows, SoftmaxLanes* lanes, float* queries, ref float* memory)
    {
        float** from = stackalloc float*[Panel.Lanes], bias = stackalloc float*[Panel.Lanes];
        *lanes = new SoftmaxLanes
        {
            Starts = Take(ref memory, Panel.Lanes),
            Ends = Take(ref memory, Panel.Lanes),
            Largest = Take(ref memory, Panel.Lanes),
            Sums = Take(ref memory, Panel.Lanes),
            AllEnd = nint.MaxValue,
            Scale = Shape.Scale,
            SoftCap = Shape.SoftCap,
        };
        new Span<float>(lanes->Sums, Panel.Lanes).Clear();
        nint end = 0;
        for (int lane = 0; lane < Panel.Lanes; lane++)
        {
            (int token, int head) = At(sequence, kvHead, firstRow + Math.Min(lane, rows - 1));
            from[lane] = Queries.FloatRow(token) + (nint)head * Shape.KeySize;
            bias[lane] = Sight.Bias(token, head);
            (lanes->Starts[lane], lanes->Ends[lane]) = (Sight.Starts[token], Sight.Ends[token]);
            lanes->AllStart = Math.Max(lanes->AllStart, Sight.Starts[token]);
            lanes->AllEnd = Math.Min(lanes->AllEnd, Sight.Ends[token]);
            end = Math.Max(end, Sight.Ends[token]);
        }

        if (InPairs)
        {
            RowTransposer.PackPairs(from, Panel.Lanes, Shape.KeySize, (uint*)queries);
        }
        else
        {
            RowTransposer.Pack(from, Panel.Lanes, Shape.KeySize, queries);
        }

        if (Sight.BiasLines != null)
        {
            lanes->Bias = Take(ref memory, sequence.Keys * Panel.Lanes);
            RowTransposer.Pack(bias, Panel.Lanes, sequence.Keys, lanes->Bias);
        }

        return end;
    }

    /// <summary>Sixteen queries' results, [value size][16], to where they belong.</summary>
    readonly void Write(Sequence sequence, int kvHead, nint firstRow, int rows, float* results, float* sums, float* turned)
    {
        int size = Shape.ValueSize;
        float** from = stackalloc float*[size];
        for (int i = 0; i < size; i++)
        {
            from[i] = results + (nint)i * BlockRows;
        }

        RowTransposer.Pack(from, size, Panel.Lanes, turned, size);
        for (int row = 0; row < rows; row++)
        {
            (int token, int head) = At(sequence, kvHead, firstRow + row);
            float* to = Output.FloatRow(token) + (nint)head * size;
            if (sums[row] == 0)
            {
                new Span<float>(to, size).Clear();
                continue;
            }

            Affine(turned + (nint)row * size, to, size, 1 / sums[row], 0);
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
