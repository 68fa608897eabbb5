using System.Runtime.InteropServices;

namespace Sensorium.Tensors.Cpu;

/// <summary>Native memory for as long as this object is reachable: its own, or a part of something that it keeps alive.</summary>
sealed unsafe class NativeBuffer : SafeHandle
{
    /// <summary>What the first byte is aligned to, and what the memory that is held is a multiple of.</summary>
    public const int Alignment = NativeBlock.Alignment;

    /// <param name="bytes">How many; not cleared.</param>
    public NativeBuffer(nint bytes)
        : base(0, ownsHandle: true)
    {
        Bytes = bytes;
        SetHandle((nint)NativeBlock.Allocate(bytes, out nint size));
        GC.AddMemoryPressure(size);
        Held = size;
        NativeMemory.Clear((byte*)handle + bytes, (nuint)(NativeBlock.Aligned(bytes) - bytes));
    }

    /// <param name="bytes">How many are used.</param>
    /// <param name="lent">What they are part of: <see cref="ToTensor"/> of a buffer of as many bytes.</param>
    /// <exception cref="ArgumentException">The tensor has not as many bytes, or does not begin at a multiple of <see cref="Alignment"/>.</exception>
    NativeBuffer(nint bytes, RawTensor lent)
        : base(0, ownsHandle: false)
    {
        if (lent.ByteLength != NativeBlock.Aligned(bytes) || (nint)lent.Data % Alignment != 0)
        {
            throw new ArgumentException($"{lent.Name} of {lent.Source} holds {lent.ByteLength} bytes, not {NativeBlock.Aligned(bytes)} at a multiple of {Alignment}; it was packed from another tensor", nameof(lent));
        }

        Bytes = bytes;
        Lent = lent;
        SetHandle((nint)lent.Data);
    }

    /// <summary>Memory to be filled, or what was lent where it is filled already.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="lent">What <see cref="ToTensor"/> of such a buffer gave; null: there is none.</param>
    /// <exception cref="ArgumentException">It is of another size.</exception>
    public static NativeBuffer Of(nint bytes, RawTensor? lent) => lent is null ? new NativeBuffer(bytes) : new NativeBuffer(bytes, lent);

    /// <summary>The first byte, at least 64-byte aligned.</summary>
    public byte* Pointer => (byte*)handle;

    public nint Bytes { get; }

    /// <summary>Bytes of its own.</summary>
    public nint PrivateBytes => Lent is null ? Bytes : 0;

    nint Held { get; }

    RawTensor? Lent { get; }

    public override bool IsInvalid => handle == 0;

    /// <summary>The bytes, and zeros up to a multiple of <see cref="Alignment"/>, as a tensor that keeps them alive.</summary>
    public RawTensor ToTensor() => new("packed", DType.U8, [NativeBlock.Aligned(Bytes)], Pointer, NativeBlock.Aligned(Bytes), this, "memory");

    protected override bool ReleaseHandle()
    {
        NativeBlock.Free((void*)handle);
        GC.RemoveMemoryPressure(Held);
        return true;
    }
}
