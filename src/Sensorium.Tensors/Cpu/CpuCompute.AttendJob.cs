using System.Runtime.CompilerServices;
using Sensorium.Tensors.Cpu.Attention;
using Sensorium.Tensors.Cpu.Generated;

namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <summary>A tile to be computed.</summary>
    struct AttentionItem
    {
        const int PartKeys = AttentionTile.PartPages * KvPool.PageRows;

        public byte** Pages;
        public int FirstRow;
        public int Tokens;
        public int KvHead;
        public int FirstKey;
        public int EndKey;
        public int FirstState;

        public readonly int FirstPart => FirstKey / PartKeys;

        public readonly int Parts => EndKey <= FirstKey ? 1 : (EndKey + PartKeys - 1) / PartKeys - FirstPart;
    }

    struct AttentionPart
    {
        public int Item;
        public int Part;
    }

    /// <summary>Attention over tiles, or over parts of tiles where there are too few of them for the workers.</summary>
    struct AttendJob : IJob
    {
        // For more it pays to widen a page once.
        const int FewRows = 2 * AttentionTile.RowBlock;

        public Tensor Queries;
        public Tensor Output;
        public AttentionKernels Kernels;
        public delegate*<float*, float*, nint, float, float, void> Affine;
        public AttentionItem* Items;
        public AttentionPart* Parts;
        public float* States;
        public int Count;
        public byte* WorkerMemory;
        public nint WorkerBytes;
        public AttentionSight Sight;
        public int Group;
        public int TokensPerTile;
        public int PaddedRows;
        public int Stride;
        public int KeySize;
        public int ValueSize;
        public float Scale;
        public float SoftCap;
        public bool Half;
        public WidenCode Widen;

        /// <summary>Multiplies few rows by pages as they are stored; null where no kernel does.</summary>
        public PageCode? Code;

        public readonly nint BytesPerWorker()
        {
            nint floats = (nint)PaddedRows * (KeySize + KvPool.PageRows + 4) + 2 * AttentionState.Size(PaddedRows, Stride)
                + (Half ? (nint)KvPool.PageRows * (KeySize + ValueSize) : 0);
            return (floats * sizeof(float) + (nint)PaddedRows * sizeof(float*) + 9 * 64) & -64;
        }

        public readonly void Run(nint item, int worker)
        {
            AttentionTile tile;
            if (Parts != null)
            {
                AttentionPart part = Parts[item];
                Open(Items[part.Item], worker, &tile);
                RunPart(&tile, Items[part.Item], State(item), part.Part, item + 1 < Count ? Begin(Parts[item + 1]) : null);
                return;
            }

            nint index = Count - 1 - item;
            AttentionItem whole = Items[index];
            float* memory = Open(whole, worker, &tile);
            AttentionState total = AttentionState.At(memory, PaddedRows, Stride);
            AttentionState next = AttentionState.At(memory + AttentionState.Size(PaddedRows, Stride), PaddedRows, Stride);
            for (int part = 0; part < whole.Parts; part++)
            {
                AttentionPart after = part + 1 < whole.Parts ? new AttentionPart { Item = (int)index, Part = part + 1 } : new AttentionPart { Item = (int)index - 1 };
                RunPart(&tile, whole, part == 0 ? total : next, part, after.Item < 0 ? null : Begin(after));
                if (part > 0)
                {
                    Kernels.Merge(&tile, total, next);
                }
            }

            Write(whole, total);
        }

        /// <summary>Merges a tile's parts in order and writes its rows.</summary>
        public readonly void Finish(int index)
        {
            AttentionItem item = Items[index];
            AttentionTile tile;
            Open(item, 0, &tile);
            AttentionState total = State(item.FirstState);
            for (int part = 1; part < item.Parts; part++)
            {
                Kernels.Merge(&tile, total, State(item.FirstState + part));
            }

            Write(item, total);
        }

        readonly AttentionState State(nint index) =>
            AttentionState.At(States + index * AttentionState.Size(PaddedRows, Stride), PaddedRows, Stride);

        /// <summary>From the start of a page's layer to a head.</summary>
        readonly nint HeadOffset(int head) => (nint)head * KvPool.PageRows * (KeySize + ValueSize) * (Half ? sizeof(ushort) : sizeof(float));

        /// <summary>What a part reads first; null: nothing.</summary>
        readonly byte* Begin(AttentionPart part)
        {
            AttentionItem item = Items[part.Item];
            int page = (item.FirstPart + part.Part) * AttentionTile.PartPages;
            return page < PageCount(item.EndKey) ? item.Pages[page] + HeadOffset(item.KvHead) : null;
        }

        /// <summary>Runs a tile through some pages.</summary>
        /// <param name="tile">The tile.</param>
        /// <param name="item">What it is of.</param>
        /// <param name="state">The running softmax; begins anew.</param>
        /// <param name="part">Which.</param>
        /// <param name="after">What is likely read after it; null: nothing.</param>
        readonly void RunPart(AttentionTile* tile, AttentionItem item, AttentionState state, int part, byte* after)
        {
            nint headOffset = HeadOffset(item.KvHead);
            state.Clear(tile->PaddedRows, tile->Stride);
            int first = (item.FirstPart + part) * AttentionTile.PartPages;
            int end = Math.Min(first + AttentionTile.PartPages, PageCount(item.EndKey));
            for (int page = first; page < end; page++)
            {
                int firstKey = page * KvPool.PageRows, low = Math.Max(item.FirstKey - firstKey, 0), high = Math.Min(item.EndKey - firstKey, KvPool.PageRows);
                if (low < high)
                {
                    RunPage(tile, state, firstKey, low, high, item.Pages[page] + headOffset, page + 1 < end ? item.Pages[page + 1] + headOffset : after);
                }
            }
        }

        readonly void RunPage(AttentionTile* tile, AttentionState state, int firstKey, int low, int high, byte* page, byte* next)
        {
            if (Code is { IsLive: true } code && tile->PaddedRows <= FewRows)
            {
                RunAsStored(code, tile, state, firstKey, low, high, (ushort*)page, (ushort*)next);
                return;
            }

            nint keyNumbers = (nint)KvPool.PageRows * KeySize;
            float* keys = (float*)page;
            if (Half)
            {
                keys = tile->Widened;
                Widen.Widen((ushort*)page, keys, keyNumbers);
                Widen.Widen((ushort*)page + keyNumbers + low * ValueSize, keys + keyNumbers + low * ValueSize, (high - low) * ValueSize);
            }

            Kernels.Page(tile, state, firstKey, low, high, keys, keys + keyNumbers);
        }

        /// <summary>With few rows a page is read once, as fast as memory gives it: its numbers are widened where they are multiplied.</summary>
        readonly void RunAsStored(PageCode code, AttentionTile* tile, AttentionState state, int firstKey, int low, int high, ushort* page, ushort* next)
        {
            nint keyNumbers = (nint)KvPool.PageRows * KeySize, values = keyNumbers + low * ValueSize;
            code.Multiply(tile->Rows, KvPool.PageRows, new PageArguments
            {
                A = tile->Queries,
                AStride = KeySize * sizeof(float),
                B = page,
                BStride = KvPool.PageRows * sizeof(ushort),
                C = tile->Scores,
                CStride = KvPool.PageRows * sizeof(float),
                Steps = KeySize,
                Next = next,
            });
            Kernels.WeighPage(tile, state, firstKey, 0, KvPool.PageRows);
            Kernels.Shrink(tile, state);
            code.Multiply(tile->Rows, ValueSize, new PageArguments
            {
                A = tile->Scores + low,
                AStride = KvPool.PageRows * sizeof(float),
                B = page + values,
                BStride = ValueSize * sizeof(ushort),
                C = state.Sums,
                CStride = Stride * sizeof(float),
                Steps = high - low,
                Add = 1,
                Next = next == null ? null : next + values,
            });
        }

        /// <summary>Sets a tile up in the worker's memory; returns the memory that is left for states.</summary>
        readonly float* Open(AttentionItem item, int worker, AttentionTile* tile)
        {
            byte* memory = WorkerMemory + worker * WorkerBytes;
            *tile = new AttentionTile
            {
                KeySize = KeySize,
                ValueSize = ValueSize,
                Stride = Stride,
                Rows = item.Tokens * Group,
                PaddedRows = (item.Tokens * Group + AttentionTile.RowBlock - 1) & -AttentionTile.RowBlock,
                SoftCap = SoftCap,
                Queries = (float*)Take(ref memory, (nint)PaddedRows * KeySize * sizeof(float)),
                Scores = (float*)Take(ref memory, (nint)PaddedRows * KvPool.PageRows * sizeof(float)),
                Factors = (float*)Take(ref memory, (nint)PaddedRows * 2 * sizeof(float)),
                Starts = (int*)Take(ref memory, (nint)PaddedRows * sizeof(int)),
                Ends = (int*)Take(ref memory, (nint)PaddedRows * sizeof(int)),
                Widened = Half ? (float*)Take(ref memory, (nint)KvPool.PageRows * (KeySize + ValueSize) * sizeof(float)) : null,
                Bias = Sight.BiasLines == null ? null : (float**)Take(ref memory, (nint)PaddedRows * sizeof(float*)),
            };

            for (int row = 0; row < tile->PaddedRows; row++)
            {
                int at = Math.Min(item.FirstRow + row / Group, item.FirstRow + item.Tokens - 1);
                bool real = row < tile->Rows;
                tile->Starts[row] = real ? Sight.Starts[at] : 0;
                tile->Ends[row] = real ? Sight.Ends[at] : 0;
                if (tile->Bias != null)
                {
                    tile->Bias[row] = Sight.Bias(at, item.KvHead * Group + row % Group);
                }
            }

            for (int token = 0; token < item.Tokens; token++)
            {
                float* from = Queries.FloatRow(item.FirstRow + token) + (nint)item.KvHead * Group * KeySize;
                Affine(from, tile->Queries + (nint)token * Group * KeySize, (nint)Group * KeySize, Scale, 0);
            }

            new Span<float>(tile->Queries + (nint)tile->Rows * KeySize, (tile->PaddedRows - tile->Rows) * KeySize).Clear();
            return (float*)memory;
        }

        readonly void Write(AttentionItem item, AttentionState state)
        {
            for (int row = 0; row < item.Tokens * Group; row++)
            {
                float* to = Output.FloatRow(item.FirstRow + row / Group) + (nint)(item.KvHead * Group + row % Group) * ValueSize;
                float weights = state.Weights[row];
                if (weights == 0)
                {
                    new Span<float>(to, ValueSize).Clear();
                    continue;
                }

                Affine(state.Sums + (nint)row * Stride, to, ValueSize, 1 / weights, 0);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static byte* Take(ref byte* memory, nint bytes)
        {
            byte* taken = memory;
            memory += (bytes + 63) & -64;
            return taken;
        }
    }
}
