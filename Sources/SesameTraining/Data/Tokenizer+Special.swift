import SesameText

extension Tokenizer {
    package var maskID: Int32? { id(of: \.mask) }
    package var classificationID: Int32? { id(of: \.classification) }
    package var separatorID: Int32? { id(of: \.separator) }
    package var paddingID: Int32? { id(of: \.pad) }
    package var beginningID: Int32? { id(of: \.beginning) }
    package var endID: Int32? { id(of: \.end) }
}
