using Iced.Intel;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <content>Integers that are unpacked in registers.</content>
sealed partial class IntegerKernel
{
    /// <summary>Masks that <see cref="Unpack"/> needs go to registers, the last ones, as far as there are any to spare: those first that it needs most.</summary>
    void KeepMasks()
    {
        if (Planes == Planes.EightBits)
        {
            return;
        }

        int i = w.Registers - 1;
        foreach (IGrouping<byte, byte> mask in QuadPiece.Of(Planes).SelectMany(MasksOf).GroupBy(mask => mask).OrderByDescending(mask => mask.Count()))
        {
            if (w.V(i) <= Free(3))
            {
                return;
            }

            w.Load(masks[mask.Key] = w.V(i--), Full(mask.Key));
        }
    }

    /// <summary>Four integers of each output of a vector, a byte each; see <see cref="QuadPiece"/>.</summary>
    void Unpack(Register to, int vector, int quad, Register free)
    {
        QuadPiece[] pieces = QuadPiece.Of(Planes)[quad];
        byte[] needed = [.. MasksOf(pieces)];
        MemoryOperand PlaneOf(QuadPiece piece) => KernelWriter.At(Integers(vector), piece.Plane * 64 + Half(vector, 64));

        if (Planes == Planes.EightBits)
        {
            w.Load(to, PlaneOf(pieces[0]));
        }
        else if (pieces is [{ Shift: 0 } whole] && masks.TryGetValue(whole.Mask, out Register kept))
        {
            w.And(to, kept, PlaneOf(whole));
        }
        else
        {
            w.ShiftRight16(to, PlaneOf(pieces[0]), pieces[0].Shift);
            if (!IsWide || pieces.Length == 1)
            {
                And(to, needed[0]);
            }

            for (int i = 1; i < pieces.Length; i++)
            {
                w.ShiftRight16(free, PlaneOf(pieces[i]), pieces[i].Shift);
                if (IsWide)
                {
                    Select(to, free, needed[i - 1]);
                }
                else
                {
                    And(free, needed[i]);
                    w.Or(to, to, free);
                }
            }

            if (IsWide && pieces.Length > 1)
            {
                And(to, needed[^1]);
            }
        }

        if (layout.IsIndex && !unpacked)
        {
            w.Load(free, w.Constant(QuadPlanes.NonLinear));
            w.LookUpBytes(to, free, to);
        }
    }

    /// <summary>
    /// The masks of a quad's pieces. With 512 bits what is above a piece gives way to the next one's, and what is above the
    /// last is cleared: then they are what the pieces so far have together.
    /// </summary>
    IEnumerable<byte> MasksOf(QuadPiece[] pieces)
    {
        byte taken = 0;
        foreach (QuadPiece piece in pieces)
        {
            taken |= piece.Mask;
            yield return IsWide ? taken : piece.Mask;
        }
    }

    MemoryOperand Full(byte mask) => w.Constant(mask * 0x01010101u);

    void And(Register to, byte mask)
    {
        if (masks.TryGetValue(mask, out Register kept))
        {
            w.And(to, to, kept);
        }
        else
        {
            w.And(to, to, Full(mask));
        }
    }

    /// <summary>Where the mask has no bits, those of another.</summary>
    void Select(Register to, Register other, byte mask)
    {
        if (masks.TryGetValue(mask, out Register kept))
        {
            w.Select(to, other, kept);
        }
        else
        {
            w.Select(to, other, Full(mask));
        }
    }
}
