using System.Globalization;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights;

/// <summary>What a file of another spelling did to a tensor of the hub, and how to undo it. Rows stay as they are stored where only their order changes.</summary>
public abstract unsafe class TensorTransform
{
    TensorTransform()
    {
    }

    /// <summary>Norm weights that the file stores with one added (GGUF, Gemma).</summary>
    public static TensorTransform PlusOne { get; } = new Added(1);

    /// <summary>Matrices that the file stores the other way round (transformers' Conv1D, [in, out]).</summary>
    public static TensorTransform Transposed { get; } = new Turned();

    /// <summary>
    /// Rotary rows whose two halves the file interleaves, head by head: row 2j+h of a head is the hub's row h·(width/2)+j
    /// (GGUF of Llama; llama.cpp convert_hf_to_gguf, <c>permute</c>).
    /// </summary>
    /// <param name="heads">How many heads the rows are of.</param>
    public static TensorTransform Interleaved(int heads) => new InterleavedHeads(heads);

    /// <summary>One of several equal parts of the file's rows (a fused qkv, gate and up).</summary>
    /// <param name="index">Which part, from 0.</param>
    /// <param name="of">How many parts.</param>
    public static TensorTransform Part(int index, int of) => new RowPart(index, of);

    /// <summary>Tensors that the file keeps with outermost dimensions of 1 which the hub's own do not have (a class token [1, 1, n]).</summary>
    /// <param name="dimensions">How many.</param>
    public static TensorTransform Boxed(int dimensions) => new Box(dimensions);

    /// <summary>Tensors whose first rows the file leaves out, since nothing asks for them (GGUF, RoBERTa's positions). They become zeros again.</summary>
    /// <param name="rows">How many.</param>
    public static TensorTransform Without(int rows) => new Shortened(rows);

    /// <summary>All that this transform is, in words: two of the same words do the same.</summary>
    internal abstract string Key { get; }

    /// <summary>The shape that a file's shape becomes.</summary>
    public virtual long[] HubShape(ReadOnlySpan<long> other) => other.ToArray();

    /// <summary>The shape that a hub's shape becomes (for a part of a larger tensor: the part's).</summary>
    public virtual long[] OtherShape(ReadOnlySpan<long> hub) => hub.ToArray();

    /// <summary>The type that the file's tensor has when it is made out of the hub's.</summary>
    public virtual DType OtherType(DType hub) => hub;

    /// <summary>The type that the hub's tensor has when it is made out of the file's.</summary>
    public virtual DType HubType(DType other) => OtherType(other);

    /// <summary>The hub's tensor out of the file's.</summary>
    public abstract RawTensor ToHub(string hubName, RawTensor other);

    /// <summary>The file's tensor out of the hub's.</summary>
    public abstract RawTensor FromHub(string otherName, RawTensor hub);

    static long OuterBytes(RawTensor tensor) => tensor.Shape.Length == 0 || tensor.Shape[0] == 0 ? 0 : tensor.ByteLength / tensor.Shape[0];

    sealed class Added(float offset) : TensorTransform
    {
        internal override string Key => string.Create(CultureInfo.InvariantCulture, $"plus {offset:R}");

        public override DType OtherType(DType hub) => DType.F32;

        public override RawTensor ToHub(string hubName, RawTensor other) => Shift(hubName, other, -offset);

        public override RawTensor FromHub(string otherName, RawTensor hub) => Shift(otherName, hub, offset);

        static RawTensor Shift(string name, RawTensor from, float by)
        {
            RawTensor to = RawTensor.Allocate(name, DType.F32, from.Shape.ToArray(), from.Source);
            float* values = (float*)to.Data;
            BlockFormats.Dequantize(from.Type, from.Data, values, from.Elements);
            for (long i = 0; i < to.Elements; i++)
                values[i] += by;
            GC.KeepAlive(from);
            return to;
        }
    }

    sealed class Turned : TensorTransform
    {
        internal override string Key => "transposed";

        public override long[] HubShape(ReadOnlySpan<long> other) => other.Length == 2 ? [other[1], other[0]] : other.ToArray();

        public override long[] OtherShape(ReadOnlySpan<long> hub) => HubShape(hub);

        // Blocks lie along rows: what is turned must be single numbers. A vector stays as it is, which its type shows (it is never in blocks).
        public override DType OtherType(DType hub) => IsSingle(hub) ? hub : DType.F32;

        public override RawTensor ToHub(string hubName, RawTensor other) => Turn(hubName, other);

        public override RawTensor FromHub(string otherName, RawTensor hub) => Turn(otherName, hub);

        RawTensor Turn(string name, RawTensor from)
        {
            if (from.Shape.Length != 2)
                return from.As(name, from.Shape.ToArray());
            if (!IsSingle(from.Type))
            {
                RawTensor wide = RawTensor.Allocate(name, DType.F32, from.Shape.ToArray(), from.Source);
                BlockFormats.Dequantize(from.Type, from.Data, (float*)wide.Data, from.Elements);
                GC.KeepAlive(from);
                from = wide;
            }

            RawTensor to = RawTensor.Allocate(name, from.Type, HubShape(from.Shape), from.Source);
            if (from.Type.BlockBytes() == 2)
                Copy((ushort*)from.Data, (ushort*)to.Data, from.Shape[0], from.Shape[1]);
            else
                Copy((uint*)from.Data, (uint*)to.Data, from.Shape[0], from.Shape[1]);
            GC.KeepAlive(from);
            return to;
        }

        static bool IsSingle(DType type) => type.BlockBytes() is 2 or 4 && type.BlockSize() == 1;

        static void Copy<T>(T* from, T* to, long rows, long columns)
            where T : unmanaged
        {
            const int tile = 32;
            for (long r0 = 0; r0 < rows; r0 += tile)
            {
                for (long c0 = 0; c0 < columns; c0 += tile)
                {
                    long r1 = Math.Min(rows, r0 + tile), c1 = Math.Min(columns, c0 + tile);
                    for (long r = r0; r < r1; r++)
                    {
                        for (long c = c0; c < c1; c++)
                            to[c * rows + r] = from[r * columns + c];
                    }
                }
            }
        }
    }

    sealed class Box(int dimensions) : TensorTransform
    {
        internal override string Key => string.Create(CultureInfo.InvariantCulture, $"boxed {dimensions}");

        public override long[] HubShape(ReadOnlySpan<long> other)
        {
            int ones = 0;
            while (ones < dimensions && ones < other.Length && other[ones] == 1)
                ones++;
            return other[ones..].ToArray();
        }

        public override long[] OtherShape(ReadOnlySpan<long> hub) => [.. Enumerable.Repeat(1L, dimensions), .. hub];

        public override RawTensor ToHub(string hubName, RawTensor other) => other.As(hubName, HubShape(other.Shape));

        public override RawTensor FromHub(string otherName, RawTensor hub) => hub.As(otherName, OtherShape(hub.Shape));
    }

    sealed class InterleavedHeads(int heads) : TensorTransform
    {
        internal override string Key => string.Create(CultureInfo.InvariantCulture, $"interleaved {heads}");

        public override RawTensor ToHub(string hubName, RawTensor other) => Reorder(hubName, other, toHub: true);

        public override RawTensor FromHub(string otherName, RawTensor hub) => Reorder(otherName, hub, toHub: false);

        RawTensor Reorder(string name, RawTensor from, bool toHub)
        {
            long rows = from.Shape.Length == 0 ? 1 : from.Shape[0];
            if (heads <= 0 || rows % (2 * heads) != 0 || (from.Shape.Length == 1 && from.Type.IsQuantized()))
                throw new CheckpointException(from.Source, from.Name, $"has {rows} rows, which are no {heads} heads of even width; config and tensors disagree on the number of heads");
            RawTensor to = RawTensor.Allocate(name, from.Type, from.Shape.ToArray(), from.Source);
            long bytes = OuterBytes(from), half = rows / heads / 2;
            for (long head = 0; head < heads; head++)
            {
                for (long j = 0; j < half; j++)
                {
                    for (long h = 0; h < 2; h++)
                    {
                        long hub = head * 2 * half + h * half + j, interleaved = head * 2 * half + 2 * j + h;
                        Buffer.MemoryCopy(from.Data + (toHub ? interleaved : hub) * bytes, to.Data + (toHub ? hub : interleaved) * bytes, bytes, bytes);
                    }
                }
            }

            GC.KeepAlive(from);
            return to;
        }
    }

    sealed class Shortened(int rows) : TensorTransform
    {
        internal override string Key => string.Create(CultureInfo.InvariantCulture, $"without {rows}");

        public override long[] HubShape(ReadOnlySpan<long> other) => other.Length == 0 ? [] : [other[0] + rows, .. other[1..]];

        public override long[] OtherShape(ReadOnlySpan<long> hub) => hub.Length == 0 ? [] : [Math.Max(0, hub[0] - rows), .. hub[1..]];

        public override RawTensor ToHub(string hubName, RawTensor other)
        {
            RawTensor to = RawTensor.Allocate(hubName, other.Type, HubShape(other.Shape), other.Source);
            long left = to.ByteLength - other.ByteLength;
            System.Runtime.InteropServices.NativeMemory.Clear(to.Data, (nuint)left);
            Buffer.MemoryCopy(other.Data, to.Data + left, other.ByteLength, other.ByteLength);
            GC.KeepAlive(other);
            return to;
        }

        public override RawTensor FromHub(string otherName, RawTensor hub) => hub.Slice(otherName, rows, OtherShape(hub.Shape)[0]);
    }

    /// <summary>See <see cref="Part"/>.</summary>
    internal sealed class RowPart(int index, int of) : TensorTransform
    {
        internal override string Key => string.Create(CultureInfo.InvariantCulture, $"part {index} of {of}");

        public int Index => index;

        public override long[] HubShape(ReadOnlySpan<long> other)
        {
            long[] shape = other.ToArray();
            if (shape.Length > 0)
                shape[0] /= of;
            return shape;
        }

        public override RawTensor ToHub(string hubName, RawTensor other)
        {
            if (other.Shape.Length == 0 || other.Shape[0] % of != 0)
                throw new CheckpointException(other.Source, other.Name, $"[{string.Join(", ", other.Shape.ToArray())}] does not divide into {of} equal parts");
            long rows = other.Shape[0] / of;
            return other.Slice(hubName, index * rows, rows);
        }

        public override RawTensor FromHub(string otherName, RawTensor hub) => hub.As(otherName, hub.Shape.ToArray());
    }

    /// <summary>Tensors of one type laid end to end along the outermost dimension.</summary>
    internal static PlannedTensor Join(string name, IReadOnlyList<PlannedTensor> parts, bool asNewDimension)
    {
        PlannedTensor first = parts[0];
        foreach (PlannedTensor part in parts)
        {
            if (part.Type != first.Type)
                throw new CheckpointException(part.Source, part.Name, $"joins tensors of {part.Type} and {first.Type}; store them alike");
            if (!part.Shape[1..].SequenceEqual(first.Shape[1..]) || (asNewDimension && part.Shape[0] != first.Shape[0]))
                throw new CheckpointException(part.Source, name, $"joins tensors of different sizes, [{string.Join(", ", part.Shape.ToArray())}] and [{string.Join(", ", first.Shape.ToArray())}]");
        }

        long[] shape = asNewDimension ? [parts.Count, .. first.Shape] : [parts.Sum(part => part.Shape[0]), .. first.Shape[1..]];
        return new PlannedTensor(name, first.Type, shape, first.Type, first.Source, () => Joined(name, first.Type, shape, parts));
    }

    static RawTensor Joined(string name, DType type, long[] shape, IReadOnlyList<PlannedTensor> parts)
    {
        RawTensor whole = RawTensor.Allocate(name, type, shape, parts[0].Source);
        byte* at = whole.Data;
        foreach (PlannedTensor part in parts)
        {
            RawTensor raw = part.Fetch();
            Buffer.MemoryCopy(raw.Data, at, raw.ByteLength, raw.ByteLength);
            at += raw.ByteLength;
            raw.Release();
            GC.KeepAlive(raw);
        }

        return whole;
    }
}
